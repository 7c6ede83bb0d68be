// The static clients: one for each authentication method, algorithm and odd case.
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { makeClientKey, pem, publicHalf } from './keys.mjs';
import { options } from './options.mjs';
import { pki } from './pki.mjs';

/** RFC 7591 metadata, as the provider is told. */
export const clients = [];
const privateKeys = new Map();

const LOOPBACK = ['127.0.0.1', 'localhost']
  .flatMap((host) => [`http://${host}/cb`, `http://${host}/callback`]);
const CODE = ['authorization_code', 'refresh_token'];
const CREDENTIALS = 'client_credentials';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const secret = (bytes = 32) => crypto.randomBytes(bytes).toString('base64url');

// A native client: each port of a registered loopback redirect URI is accepted (RFC 8252).
function add(client_id, metadata, keys = []) {
  const client = {
    client_id,
    application_type: 'native',
    redirect_uris: LOOPBACK,
    post_logout_redirect_uris: [
      'http://127.0.0.1/post-logout', 'http://localhost/post-logout', ...LOOPBACK,
    ],
    grant_types: CODE,
    response_types: ['code'],
    // The defaults of RFC 7591 and OpenID Connect, for the tests to read.
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'RS256',
    authorization_details_types: ['payment_initiation', 'account_information'],
    ...metadata,
  };
  if (keys.length) client.jwks ??= { keys: keys.map(publicHalf) };
  privateKeys.set(client_id, keys);
  clients.push(client);
}

// A client that never sees a browser.
const addWithoutRedirect = (client_id, metadata) => add(client_id, {
  application_type: 'web',
  redirect_uris: [],
  post_logout_redirect_uris: [],
  response_types: [],
  authorization_details_types: undefined,
  ...metadata,
});

// How a client authenticates.
add('client-public', { token_endpoint_auth_method: 'none', grant_types: [...CODE, DEVICE] });
add('client-basic', {
  client_secret: secret(),
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: [...CODE, CREDENTIALS, DEVICE],
});
// Both parts need form-encoding before they are put into Basic (RFC 6749, section 2.3.1).
add('client:basic special/+%', {
  client_secret: 'p@ss:w+rd %&=?/"\\~`<>',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: [...CODE, CREDENTIALS],
});
add('client-post', {
  client_secret: secret(),
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: [...CODE, CREDENTIALS],
});
for (const alg of ['HS256', 'HS384', 'HS512']) {
  add(`client-secret-jwt-${alg.toLowerCase()}`, {
    client_secret: secret(64),
    token_endpoint_auth_method: 'client_secret_jwt',
    token_endpoint_auth_signing_alg: alg,
    grant_types: [...CODE, CREDENTIALS],
  });
}
for (const [alg, type] of [
  ['RS256', 'RSA'], ['PS256', 'RSA'], ['ES256', 'P-256'], ['ES384', 'P-384'], ['ES512', 'P-521'],
  ['EdDSA', 'Ed25519'],
]) {
  add(`client-private-key-jwt-${alg.toLowerCase()}`, {
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: alg,
    grant_types: [...CODE, CREDENTIALS],
  }, [makeClientKey(type, { use: 'sig', alg })]);
}
if (options.mtls) {
  const bound = {
    tls_client_certificate_bound_access_tokens: true, grant_types: [...CODE, CREDENTIALS],
  };
  add('client-mtls-ca', {
    ...bound,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: 'C=CZ, O=Example, CN=mtls-client',
  });
  add('client-mtls-san', {
    ...bound,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_san_dns: 'client.example.test',
  });
  const own = new crypto.X509Certificate(pki.selfSigned.cert);
  const jwk = own.publicKey.export({ format: 'jwk' });
  const x5c = [own.raw.toString('base64')];
  add('client-mtls-self-signed', {
    ...bound,
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: { keys: [{ ...jwk, kid: 'self-signed', use: 'sig', x5c }] },
  });
}

// Where a client is sent back to, and what it may ask for.
add('client-native-scheme', {
  token_endpoint_auth_method: 'none',
  redirect_uris: ['com.example.app:/cb'],
  post_logout_redirect_uris: [],
});
add('client-web', {
  application_type: 'web',
  client_secret: secret(),
  redirect_uris: ['https://rp.example.test/cb', 'http://127.0.0.1:39999/cb'],
  post_logout_redirect_uris: ['https://rp.example.test/bye'],
});
add('client-hybrid', {
  client_secret: secret(),
  grant_types: [...CODE, 'implicit'],
  response_types: [
    'code', 'code id_token', 'code token', 'code id_token token', 'id_token', 'id_token token',
    'none',
  ],
});
add('client-par-required', {
  client_secret: secret(), require_pushed_authorization_requests: true,
});
add('client-jar-required', {
  client_secret: secret(),
  require_signed_request_object: true,
  request_object_signing_alg: 'ES256',
}, [makeClientKey('P-256', { use: 'sig', alg: 'ES256' })]);
add('client-dpop', { token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true });
add('client-dpop-confidential', {
  client_secret: secret(),
  dpop_bound_access_tokens: true,
  grant_types: [...CODE, CREDENTIALS],
});
add('client-max-age', { client_secret: secret(), default_max_age: 1, require_auth_time: true });

// Without a redirect.
addWithoutRedirect('client-service', { client_secret: secret(), grant_types: [CREDENTIALS] });
addWithoutRedirect('client-device', {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: [DEVICE, 'refresh_token'],
});
addWithoutRedirect('resource-server', {
  client_secret: secret(), grant_types: [], introspection_signed_response_alg: 'RS256',
});

// How ID Token, userinfo and the authorization response (JARM) are signed: all with one
// algorithm. Other clients get the default, RS256 and userinfo as JSON.
for (const alg of [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
  'Ed25519', 'HS256', 'HS384', 'HS512',
]) {
  add(`client-id-token-${alg.toLowerCase()}`, {
    client_secret: secret(64),
    id_token_signed_response_alg: alg,
    userinfo_signed_response_alg: alg,
    authorization_signed_response_alg: alg,
  });
}
add('client-userinfo-jwt', { client_secret: secret(), userinfo_signed_response_alg: 'RS256' });
add('client-pairwise', {
  client_secret: secret(),
  subject_type: 'pairwise',
  redirect_uris: ['http://127.0.0.1/cb'], // one host: otherwise it needs a sector identifier
});

// How they are encrypted.
for (const [name, alg, enc, type] of [
  ['rsa-oaep', 'RSA-OAEP', 'A128CBC-HS256', 'RSA'],
  ['rsa-oaep-256', 'RSA-OAEP-256', 'A256GCM', 'RSA'],
  ['ecdh-es', 'ECDH-ES', 'A128GCM', 'P-256'],
  ['ecdh-es-a256kw', 'ECDH-ES+A256KW', 'A256CBC-HS512', 'P-256'],
  ['ecdh-x25519', 'ECDH-ES+A128KW', 'A256GCM', 'X25519'],
  ['dir', 'dir', 'A256GCM'],
  ['a256kw', 'A256KW', 'A128CBC-HS256'],
  ['a128gcmkw', 'A128GCMKW', 'A128GCM'],
]) {
  const metadata = { client_secret: secret(64) };
  for (const what of ['id_token', 'userinfo', 'authorization']) {
    metadata[`${what}_signed_response_alg`] = 'RS256';
    metadata[`${what}_encrypted_response_alg`] = alg;
    metadata[`${what}_encrypted_response_enc`] = enc;
  }
  add(`client-encrypted-${name}`, metadata, type ? [makeClientKey(type, { use: 'enc', alg })] : []);
}

// Who is told that a login ended, and with what: the session, or only the user.
if (options['backchannel-logout-uri']) {
  const told = () => ({
    client_secret: secret(), backchannel_logout_uri: options['backchannel-logout-uri'],
  });
  add('client-backchannel-logout', { ...told(), backchannel_logout_session_required: true });
  add('client-backchannel-logout-sub', { ...told(), id_token_signed_response_alg: 'ES256' });
}

if (options.clients) {
  for (const { client_id, ...metadata } of JSON.parse(fs.readFileSync(options.clients))) {
    add(client_id, metadata);
  }
}

/** The clients as a test needs them: with their private keys. */
export const clientsWithKeys = () => clients.map((client) => {
  const keys = privateKeys.get(client.client_id);
  return keys.length ? { ...client, private_jwks: keys, private_pem: keys.map(pem) } : client;
});
