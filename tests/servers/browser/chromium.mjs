// The one browser, its profiles, and what is written down of their pages.
import { library } from './options.mjs';

const { chromium } = library('playwright-core');

// Chromium refuses its sandbox to root, and many containers have no user namespaces for it. What
// it is kept from here is nobody's: pages come from the tests themselves, on loopback.
//
// The rules keep every other host out, also behind a redirect, which an interception of requests
// does not see; and an interception switches the cache off, which the back button is tested with.
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--host-resolver-rules='
    + 'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE [::1]',
];

const LOOPBACK = /^(127\.0\.0\.1|(.+\.)?localhost|\[::1\])$/;

/** Contexts, pages and frames, each by its number. */
const known = { context: new Map(), page: new Map(), frame: new Map() };
let count = 0;

function number(kind, value) {
  count += 1;
  known[kind].set(count, value);
  return count;
}

let browser;
let isClosed = false;

/** Starts the browser, and says its version. */
export async function launch(executablePath, onEnd) {
  browser = await chromium.launch({
    executablePath,
    args: ARGUMENTS,
    handleSIGTERM: false,
    handleSIGINT: false,
    // Whoever asked for it has a limit, and this could be a cold disk.
    timeout: 0,
  });
  browser.on('disconnected', () => isClosed || onEnd());
  return browser.version();
}

export async function close() {
  isClosed = true;
  await browser.close();
}

/** What has this number; an error if nothing has. */
export function find(kind, key) {
  const found = known[kind].get(key);
  if (!found) throw new Error(`there is no ${kind} ${key}`);
  return found;
}

/** A profile of its own: no cookie, no cache, no history of another. */
export async function openContext({ viewport, mobile, dark, script, limit }) {
  const context = await browser.newContext({
    viewport,
    isMobile: mobile,
    hasTouch: mobile,
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
    locale: 'en-US',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(limit);
  return number('context', { context, viewport, script, limit });
}

export async function closeContext(key) {
  const { context } = find('context', key);
  known.context.delete(key);
  for (const [page, { context: owner }] of known.page) {
    if (owner === context) known.page.delete(page);
  }
  for (const [frame, value] of known.frame) {
    if (value.page().context() === context) known.frame.delete(frame);
  }
  await context.close();
}

export async function openPage({ context, viewport, script, limit }) {
  const page = await context.newPage();
  const record = {
    page, context, viewport, script, limit, responses: [], errors: [], foreign: [],
  };
  watch(record);
  return { page: number('page', record), frame: number('frame', page.mainFrame()) };
}

/** A frame inside of a page, whatever it shows later. */
export function keepFrame(frame) {
  return number('frame', frame);
}

function watch(record) {
  const { page } = record;
  page.on('response', (response) => record.responses.push(response));
  page.on('request', (request) => {
    if (isForeign(request.url())) record.foreign.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (isForeign(socket.url())) record.foreign.push(socket.url());
  });
  page.on('pageerror', (error) => {
    record.errors.push({ text: String(error), url: page.url() });
  });
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    record.errors.push({ text: message.text(), url });
  });
  // A question by the page (alert, beforeunload) would wait for a person.
  page.on('dialog', (dialog) => {
    record.errors.push({ text: `a dialog: ${dialog.message()}`, url: page.url() });
    dialog.dismiss().catch(() => {});
  });
}

function isForeign(text) {
  const url = new URL(text);
  return /^(https?|wss?|ftp):$/.test(url.protocol) && !LOOPBACK.test(url.hostname);
}
