// Certificates for --tls and --mtls, made by the openssl program and kept in memory.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { options } from './options.mjs';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function makeCertificates(folder) {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
  const leaf = (name, subject, extensions, signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key']) => {
    openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    const lines = ['basicConstraints=CA:FALSE', ...extensions, ''];
    fs.writeFileSync(path.join(folder, `${name}.ext`), lines.join('\n'));
    const serial = ['-set_serial', String(Date.now())];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signer, ...serial, '-out', `${name}.pem`,
      '-days', '30', '-extfile', `${name}.ext`);
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
  };

  openssl('req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30',
    '-subj', '/CN=Test CA', '-addext', 'basicConstraints=critical,CA:TRUE',
    '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  const forClient = 'extendedKeyUsage=clientAuth';
  const names = 'subjectAltName=DNS:client.example.test,URI:urn:example:client';
  return {
    ca: read('ca.pem'),
    server: leaf('server', '/CN=localhost',
      ['subjectAltName=DNS:localhost,IP:127.0.0.1', 'extendedKeyUsage=serverAuth']),
    client: leaf('client', '/C=CZ/O=Example/CN=mtls-client', [names, forClient]),
    other: leaf('other', '/CN=other-client', [forClient]),
    selfSigned: leaf('self-signed', '/CN=self-signed-client', [forClient],
      ['-signkey', 'self-signed.key']),
  };
}

function inScratchFolder(make) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oidc-provider-certificates-'));
  try { return make(folder); } finally { fs.rmSync(folder, { recursive: true, force: true }); }
}

/** PEM texts; undefined if neither option asks for them. */
export const pki = options.tls || options.mtls ? inScratchFolder(makeCertificates) : undefined;
