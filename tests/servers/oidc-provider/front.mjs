// Stands before the provider: writes down every request, and answers in its place if told to.
import { realNow } from './clock.mjs';
import { options } from './options.mjs';

const LOG_LIMIT = 5000;
const log = [];
const faults = [];
let next = (req, res) => { res.writeHead(503).end(); };

/** Sets who answers what no fault answers. */
export const setHandler = (handler) => { next = handler; };

/** What was seen, oldest first; only that of one path if `path` is given. */
export function requests(path) {
  return log
    .filter(({ url }) => !path || url.split('?')[0] === options.path + path)
    .map(({ chunks, ...entry }) => ({ ...entry, body: Buffer.concat(chunks).toString() }));
}

export const clearRequests = () => { log.length = 0; };

/** Adds a fault: `times` answers (1) on `path`, each after `delayMs`. See README.md. */
export const addFault = (fault) => { faults.push({ times: 1, ...fault }); };

export const clearFaults = () => { faults.length = 0; };

function writeDown(req, res) {
  const entry = {
    at: realNow(),
    method: req.method,
    url: req.url,
    tls: Boolean(req.socket.encrypted),
    headers: { ...req.headers },
    chunks: [],
    status: null, // until the answer is out
  };
  log.push(entry);
  if (log.length > LOG_LIMIT) log.shift();
  const push = req.push.bind(req);
  req.push = (chunk, encoding) => {
    if (chunk) entry.chunks.push(chunk);
    return push(chunk, encoding);
  };
  res.on('finish', () => { entry.status = res.statusCode; });
}

function answerWith(fault, req, res) {
  if (fault.status === 'reset') req.socket.destroy();
  else if (fault.status === 'pass') next(req, res);
  else {
    req.resume();
    res.writeHead(fault.status ?? 503, { 'content-type': 'application/json', ...fault.headers });
    res.end(fault.body ?? '{"error":"temporarily_unavailable"}');
  }
}

/** The request listener of the server. */
export function front(req, res) {
  writeDown(req, res);
  const path = req.url.split('?')[0];
  const fault = faults.find((f) => f.times > 0 && path === options.path + f.path);
  if (!fault) {
    next(req, res);
    return;
  }
  fault.times -= 1;
  if (fault.delayMs) setTimeout(answerWith, fault.delayMs, fault, req, res);
  else answerWith(fault, req, res);
}
