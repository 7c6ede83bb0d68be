// The provider's configuration: nearly every feature is on.
import './clock.mjs';
import * as crypto from 'node:crypto';
import { claims, classOf, findAccount } from './accounts.mjs';
import { clients } from './clients.mjs';
import { providerKeys } from './keys.mjs';
import { importLibrary, options, settings } from './options.mjs';
import { Adapter } from './store.mjs';

// oidc-provider 9 asks for Node 22, but only this call is missing in Node 20.
URL.parse ??= (url, base) => { try { return new URL(url, base); } catch { return null; } };
const { Provider } = await importLibrary();

const SIGNATURES = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
  'Ed25519', 'HS256', 'HS384', 'HS512',
];
const KEY_ENCRYPTIONS = [
  'RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512', 'ECDH-ES', 'ECDH-ES+A128KW',
  'ECDH-ES+A192KW', 'ECDH-ES+A256KW', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW',
  'A256GCMKW', 'dir',
];
const CONTENT_ENCRYPTIONS = [
  'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM',
];
const ERROR_EVENTS = [
  'authorization', 'code_verification', 'device_authorization', 'discovery', 'end_session',
  'grant', 'introspection', 'jwks', 'pushed_authorization_request', 'registration_create',
  'revocation', 'userinfo',
];
const COOKIE_KEYS = [crypto.randomBytes(32).toString('hex')];
const DPOP_NONCE_SECRET = crypto.randomBytes(32);

function algorithms() {
  const all = { clientAuthSigningAlgValues: SIGNATURES };
  for (const what of ['idToken', 'requestObject', 'userinfo', 'introspection', 'authorization']) {
    all[`${what}SigningAlgValues`] = SIGNATURES;
    all[`${what}EncryptionAlgValues`] = KEY_ENCRYPTIONS;
    all[`${what}EncryptionEncValues`] = CONTENT_ENCRYPTIONS;
  }
  all.dPoPSigningAlgValues = SIGNATURES.filter((alg) => !alg.startsWith('HS'));
  return all;
}

function cookies() {
  const common = { signed: true, httpOnly: true };
  return {
    keys: COOKIE_KEYS,
    long: { ...common, sameSite: options['post-auth'] ? 'none' : 'lax' },
    short: { ...common, sameSite: 'lax' },
  };
}

// The endpoints under the address that asks for a certificate (RFC 8705, section 5).
const mtlsAliases = (mtlsBase) => ({
  token_endpoint: `${mtlsBase}/token`,
  revocation_endpoint: `${mtlsBase}/token/revocation`,
  introspection_endpoint: `${mtlsBase}/token/introspection`,
  device_authorization_endpoint: `${mtlsBase}/device/auth`,
  userinfo_endpoint: `${mtlsBase}/me`,
  pushed_authorization_request_endpoint: `${mtlsBase}/request`,
});

const peerCertificate = (ctx) => ctx.socket.getPeerX509Certificate?.();
const mtls = {
  enabled: true,
  certificateBoundAccessTokens: true,
  selfSignedTlsClientAuth: true,
  tlsClientAuth: true,
  getCertificate: peerCertificate,
  certificateAuthorized: (ctx) => ctx.socket.authorized === true,
  certificateSubjectMatches: (ctx, property, expected) => {
    const { subject, subjectAltName = '' } = peerCertificate(ctx);
    switch (property) {
      case 'tls_client_auth_subject_dn': return subject.split('\n').join(', ') === expected;
      case 'tls_client_auth_san_dns': return subjectAltName.split(', ').includes(`DNS:${expected}`);
      default: return false;
    }
  },
};

const resourceIndicators = {
  enabled: true,
  useGrantedResource: async () => true,
  // A resource with "opaque" in its name gets opaque access tokens, any other RFC 9068 JWTs;
  // "es256" in its name chooses how they are signed.
  getResourceServerInfo: async (ctx, resource) => ({
    scope: 'api:read api:write',
    audience: resource,
    accessTokenFormat: resource.includes('opaque') ? 'opaque' : 'jwt',
    accessTokenTTL: settings.ttl.AccessToken,
    jwt: { sign: { alg: resource.includes('es256') ? 'ES256' : 'RS256' } },
  }),
};

const richAuthorizationRequests = {
  enabled: true,
  types: {
    payment_initiation: { validate: async () => {} },
    account_information: { validate: async () => {} },
  },
  authorizationDetailsForGrantSource: ({ oidc: { params } }, source) => source?.rar
    ?? (params.authorization_details ? JSON.parse(params.authorization_details) : undefined),
  authorizationDetailsForAccessToken: (ctx, token, source) => source?.rar,
  authorizationDetailsForIntrospection: (ctx, token) => token.rar,
};

const features = (mtlsBase) => ({
  devInteractions: { enabled: true }, // the login and consent pages
  backchannelLogout: { enabled: true },
  claimsParameter: { enabled: true },
  clientCredentials: { enabled: true },
  deviceFlow: { enabled: true },
  dPoP: {
    enabled: true, nonceSecret: DPOP_NONCE_SECRET, requireNonce: () => settings.dpopNonce,
  },
  encryption: { enabled: true },
  introspection: { enabled: true },
  jwtIntrospection: { enabled: true },
  jwtResponseModes: { enabled: true },
  jwtUserinfo: { enabled: true },
  ...(mtlsBase ? { mTLS: mtls } : {}),
  pushedAuthorizationRequests: {
    enabled: true, requirePushedAuthorizationRequests: options['require-par'],
  },
  registration: { enabled: true, initialAccessToken: false },
  registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
  requestObjects: { enabled: true },
  resourceIndicators,
  revocation: { enabled: true },
  richAuthorizationRequests,
  rpInitiatedLogout: { enabled: true },
});

const configuration = (mtlsBase) => ({
  acrValues: ['urn:example:bronze', 'urn:example:silver'],
  adapter: Adapter,
  claims,
  clientAuthMethods: [
    'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none',
    ...(mtlsBase ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
  ],
  clientBasedCORS: () => true,
  clients: structuredClone(clients),
  clockTolerance: Number(options['clock-tolerance']),
  conformIdTokenClaims: !options['id-token-claims'],
  cookies: cookies(),
  discovery: mtlsBase ? { mtls_endpoint_aliases: mtlsAliases(mtlsBase) } : {},
  enableHttpPostMethods: options['post-auth'],
  enabledJWA: algorithms(),
  extraParams: ['audience', 'ui_hint'],
  features: features(mtlsBase),
  // Without the library's dispatcher, which refuses to fetch from loopback.
  fetch: (url, { dispatcher, ...init }) => globalThis.fetch(url, init),
  findAccount,
  issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token')
    && (settings.alwaysRefresh || code.scopes.has('offline_access')),
  jwks: { keys: providerKeys() },
  pairwiseIdentifier: async (ctx, accountId, { sectorIdentifier }) => crypto
    .createHash('sha256').update(`${sectorIdentifier}|${accountId}`).digest('hex'),
  ...(options['pkce-required'] ? { pkce: { required: () => true } } : {}),
  responseTypes: [
    'code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token',
    'none',
  ],
  // The library's default, less its rule for a token past 70 % of its lifetime.
  rotateRefreshToken: ({ oidc: { client } }) => settings.rotate === 'always'
    || (settings.rotate === 'default' && client.clientAuthMethod === 'none'),
  scopes: [
    'openid', 'offline_access', 'profile', 'email', 'address', 'phone', 'groups', 'api:read',
    'api:write',
  ],
  subjectTypes: ['public', 'pairwise'],
  ttl: Object.fromEntries(Object.keys(settings.ttl).map((k) => [k, () => settings.ttl[k]])),
});

// The library's login page says who signed in, and not how.
function sayHowUsersSignIn(provider) {
  const finish = provider.interactionFinished.bind(provider);
  provider.interactionFinished = (req, res, { login, ...result }, options) => finish(req, res, {
    ...result, ...(login ? { login: { acr: classOf(login.accountId), ...login } } : {}),
  }, options);
}

/** A provider on the shared store, with the keys of this moment. Refusals go to stderr. */
export function buildProvider(issuer, mtlsBase) {
  const provider = new Provider(issuer, configuration(mtlsBase));
  sayHowUsersSignIn(provider);
  provider.on('server_error', (ctx, error) => console.error(error));
  for (const name of ERROR_EVENTS) {
    provider.on(`${name}.error`, (ctx, error) => {
      const { message, error_description: description, error_detail: detail, cause } = error;
      const parts = [message, description, detail, cause?.message].filter(Boolean);
      console.error(`${name}: ${parts.join('; ')}`);
    });
  }
  provider.on('backchannel.error', (ctx, error, client) => {
    console.error(`logout of ${client.clientId}: ${error.message}`);
  });
  return provider;
}

/**
 * Sends a logout token to each client that took part in one of the sessions and wants to know
 * (OpenID Connect Back-Channel Logout, section 2.5). Returns what became of each.
 */
export async function tellClients(provider, sessions) {
  const told = [];
  for (const { accountId: sub, authorizations = {} } of sessions) {
    for (const [client_id, { sid }] of Object.entries(authorizations)) {
      const client = await provider.Client.find(client_id);
      if (!client?.backchannelLogoutUri) continue;
      const error = await client.backchannelLogout(sub, sid).then(() => null, (e) => e.message);
      told.push({ client_id, sub, sid, error });
    }
  }
  return told;
}
