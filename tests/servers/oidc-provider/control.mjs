// The control URL: a test looks at the server and changes it. README.md lists the paths.
import * as http from 'node:http';
import { shiftClock } from './clock.mjs';
import { addFault, clearFaults, clearRequests, requests } from './front.mjs';
import { rotateKeys } from './keys.mjs';
import { set, settings } from './options.mjs';

const routes = ({ rebuild, logoutAll }) => ({
  'GET /health': () => ({ ok: true, settings }),
  'GET /requests': (body, query) => requests(query.get('path')),
  'POST /requests/clear': () => { clearRequests(); },
  'POST /rotate-keys': ({ keepOld }) => {
    const kids = rotateKeys(Boolean(keepOld));
    rebuild();
    return { kids };
  },
  'POST /clock': ({ offsetSeconds }) => {
    if (!Number.isFinite(offsetSeconds)) throw new Error('offsetSeconds is missing');
    shiftClock(offsetSeconds);
  },
  'POST /set': (change) => set(change),
  'POST /fault': (fault) => {
    if (typeof fault.path !== 'string') throw new Error('path is missing');
    addFault(fault);
  },
  'POST /fault/clear': () => { clearFaults(); },
  'POST /logout-all': () => logoutAll(),
});

/**
 * The server of the control URL. `rebuild` makes the provider anew, with new keys; `logoutAll`
 * ends all logins.
 */
export function controlServer(actions) {
  const table = routes(actions);
  return http.createServer(async (req, res) => {
    const answer = (status, value) => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    try {
      let body = '';
      for await (const chunk of req) body += chunk;
      const url = new URL(req.url, 'http://control.test');
      const route = table[`${req.method} ${url.pathname}`];
      if (!route) answer(404, { error: `no ${req.method} ${url.pathname}` });
      else {
        const value = await route(body ? JSON.parse(body) : {}, url.searchParams);
        answer(200, value ?? { ok: true });
      }
    } catch (error) {
      answer(400, { error: error.message });
    }
  });
}
