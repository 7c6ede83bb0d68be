#!/usr/bin/env node
// Starts panva's certified `oidc-provider` on loopback, with nearly every feature on.
//
// Prints one JSON line on stdout when it is ready, and complaints on stderr. SIGTERM stops it.
//
//   --modules DIR          the folder whose node_modules holds oidc-provider
//   --port N               0 (default): a free one
//   --path /op             an issuer with a path
//   --tls                  https; the ready line has the certificate authority (needs openssl)
//   --mtls                 a second address that asks for a client certificate (needs openssl)
//   --ttl MODEL=SECONDS    a lifetime: AccessToken, RefreshToken, AuthorizationCode, IdToken …
//   --rotate always|never|default
//                          refresh tokens; default: those of public clients are rotated
//   --always-refresh       a refresh token without the scope offline_access
//   --pkce-required        for every client
//   --require-par          only pushed authorization requests
//   --post-auth            POST at the authorization endpoint
//   --dpop-nonce           DPoP proofs need a nonce
//   --id-token-claims      the claims of the scopes are in the ID token too
//   --clock-tolerance SECONDS
//                          granted on exp, nbf and iat of what clients sign (default 0)
//   --backchannel-logout-uri URI
//                          where client-backchannel-logout and client-backchannel-logout-sub,
//                          which exist only then, are told that a login ended
//   --clients FILE.json    more clients: an array of RFC 7591 metadata
//   --stop-at-eof          ends when stdin does, that is with the process that started it
import * as http from 'node:http';
import * as https from 'node:https';
import { HOST, libraryVersion, options } from './options.mjs';

// The library reports on stdout, which is kept for the one JSON line.
console.info = console.log = console.error;

// Imported only now, since the library reports while it is loaded.
const { clientsWithKeys } = await import('./clients.mjs');
const { controlServer } = await import('./control.mjs');
const { front, setHandler } = await import('./front.mjs');
const { pki } = await import('./pki.mjs');
const { buildProvider, tellClients } = await import('./provider.mjs');
const { forgetSessions } = await import('./store.mjs');

const listen = (server, port) => new Promise((resolve, reject) => {
  server.once('error', reject);
  server.listen(port, HOST, () => resolve(server.address().port));
});

// Below a path, only that path is answered, and RFC 8414's form of the well-known address.
function mounted(callback) {
  const { path } = options;
  if (!path) return callback;
  const wellKnown = '/.well-known/oauth-authorization-server';
  return (req, res) => {
    const { url } = req;
    const rest = url.startsWith(path) ? url.slice(path.length) : undefined;
    req.originalUrl = url;
    if (url === wellKnown + path) req.url = wellKnown;
    else if (rest !== undefined && /^([/?]|$)/.test(rest)) req.url = rest || '/';
    else {
      res.writeHead(404).end();
      return;
    }
    callback(req, res);
  };
}

const tls = pki && { cert: pki.server.cert, key: pki.server.key };
const server = options.tls ? https.createServer(tls, front) : http.createServer(front);
const port = await listen(server, Number(options.port));
const issuer = `${options.tls ? 'https' : 'http'}://${HOST}:${port}${options.path}`;

let mtlsBase;
if (options.mtls) {
  // Not refused here: the provider decides about a certificate.
  const asking = { ...tls, ca: [pki.ca], requestCert: true, rejectUnauthorized: false };
  mtlsBase = `https://${HOST}:${await listen(https.createServer(asking, front), 0)}${options.path}`;
}

let provider;
const rebuild = () => {
  provider = buildProvider(issuer, mtlsBase);
  setHandler(mounted(provider.callback()));
};
rebuild();
const logoutAll = () => tellClients(provider, forgetSessions());
const controlPort = await listen(controlServer({ rebuild, logoutAll }), 0);

process.stdout.write(`${JSON.stringify({
  server: 'oidc-provider',
  version: libraryVersion,
  node: process.version,
  pid: process.pid,
  issuer,
  discovery: `${issuer}/.well-known/openid-configuration`,
  control: `http://${HOST}:${controlPort}`,
  mtls_base: mtlsBase,
  mtls_identities: mtlsBase
    && { ca: pki.client, other: pki.other, self_signed: pki.selfSigned },
  ca_pem: pki?.ca,
  clients: clientsWithKeys(),
})}\n`);

const stop = () => process.exit(0);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (options['stop-at-eof']) process.stdin.on('end', stop).on('error', stop).resume();
