// What the command line says, and what the control URL may change later.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const flag = { type: 'boolean', default: false };
const { values } = parseArgs({
  options: {
    'always-refresh': flag,
    'backchannel-logout-uri': { type: 'string' },
    clients: { type: 'string' },
    'clock-tolerance': { type: 'string', default: '0' },
    'dpop-nonce': flag,
    'id-token-claims': flag,
    modules: { type: 'string', default: path.dirname(fileURLToPath(import.meta.url)) },
    mtls: flag,
    path: { type: 'string', default: '' },
    'pkce-required': flag,
    port: { type: 'string', default: '0' },
    'post-auth': flag,
    'require-par': flag,
    rotate: { type: 'string', default: 'default' },
    'stop-at-eof': flag,
    tls: flag,
    ttl: { type: 'string', multiple: true, default: [] },
  },
});

/** What stays as it was at the start. */
export const options = values;
export const HOST = '127.0.0.1';

/** Imports a file of the installed library. */
const libraryPath = (file) => path.resolve(values.modules, 'node_modules/oidc-provider', file);
export const importLibrary = () => import(libraryPath('lib/index.js'));
export const libraryVersion = JSON.parse(fs.readFileSync(libraryPath('package.json'))).version;

const ROTATIONS = ['always', 'never', 'default'];
// Seconds. A grant outlives what is issued from it; interaction and session are long because
// their cookies must survive a clock that was moved.
const LIFETIMES = {
  AccessToken: 3600,
  AuthorizationCode: 60,
  ClientCredentials: 600,
  DeviceCode: 600,
  Grant: 14 * 86400,
  IdToken: 3600,
  Interaction: 30 * 86400,
  RefreshToken: 14 * 86400,
  Session: 60 * 86400,
};

/** What `POST /set` may change. */
export const settings = {
  alwaysRefresh: false, dpopNonce: false, rotate: 'default', ttl: { ...LIFETIMES },
};

/** Takes over `change` into the settings; an unknown name or value is an error. */
export function set({ ttl = {}, ...rest }) {
  for (const [name, value] of Object.entries(rest)) {
    const isKnown = name === 'rotate' ? ROTATIONS.includes(value)
      : ['alwaysRefresh', 'dpopNonce'].includes(name) && typeof value === 'boolean';
    if (!isKnown) throw new Error(`cannot set ${name} to ${JSON.stringify(value)}`);
  }
  for (const [name, seconds] of Object.entries(ttl)) {
    if (!(name in LIFETIMES) || !Number.isInteger(seconds)) {
      throw new Error(`cannot set the lifetime of ${name} to ${JSON.stringify(seconds)}`);
    }
  }
  Object.assign(settings, rest);
  Object.assign(settings.ttl, ttl);
  return settings;
}

const lifetimes = values.ttl.map((pair) => pair.split('='));
set({
  alwaysRefresh: values['always-refresh'],
  dpopNonce: values['dpop-nonce'],
  rotate: values.rotate,
  ttl: Object.fromEntries(lifetimes.map(([model, seconds]) => [model, Number(seconds)])),
});
