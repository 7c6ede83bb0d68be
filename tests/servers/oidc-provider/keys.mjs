// Keys, as JWKs: the provider's own and those of its clients.
import * as crypto from 'node:crypto';

const generate = (type) => {
  switch (type) {
    case 'RSA': return crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'Ed25519': return crypto.generateKeyPairSync('ed25519');
    case 'X25519': return crypto.generateKeyPairSync('x25519');
    default: return crypto.generateKeyPairSync('ec', { namedCurve: type });
  }
};

const makeKid = (type) => `${type}-${crypto.randomBytes(4).toString('hex')}`;

/** A new private key; `members` are added to the JWK. */
export const makeKey = (type, members) => ({
  ...generate(type).privateKey.export({ format: 'jwk' }), kid: makeKid(type), ...members,
});

let rsaOfClients;

/** The same for a client. All RSA keys of clients are one: to make one takes 0.2 s. */
export function makeClientKey(type, members) {
  if (type !== 'RSA') return makeKey(type, members);
  rsaOfClients ??= makeKey('RSA');
  return { ...rsaOfClients, kid: makeKid(type), ...members };
}

/** The public half. */
export const publicHalf = ({ d, p, q, dp, dq, qi, ...rest }) => rest;

/** The key as PKCS #8 PEM. */
export const pem = (jwk) => crypto.createPrivateKey({ key: jwk, format: 'jwk' })
  .export({ type: 'pkcs8', format: 'pem' });

// The RSA key has no "alg": it serves RS256 to RS512 and PS256 to PS512.
const signingTypes = ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'];
const makeSigningKeys = () => signingTypes.map((type) => makeKey(type, { use: 'sig' }));
const encryption = ['RSA', 'P-256', 'X25519'].map((type) => makeKey(type, { use: 'enc' }));
let signing = makeSigningKeys();

/** The provider's private keys; the first of a type signs. */
export const providerKeys = () => structuredClone([...signing, ...encryption]);

/** Makes new signing keys; the old ones stay published if `keepOld`. Returns the key ids. */
export function rotateKeys(keepOld) {
  signing = [...makeSigningKeys(), ...(keepOld ? signing : [])];
  return signing.map((key) => key.kid);
}
