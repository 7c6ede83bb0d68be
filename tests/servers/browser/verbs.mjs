// What can be asked of a profile, a page or a frame.
import { accessibility } from './axe.mjs';
import { closeContext, find, keepFrame, openContext, openPage } from './chromium.mjs';
import { focusWalk } from './focus.mjs';

const control = (frame, { role, name, css }) => (
  css === undefined ? frame.getByRole(role, { name, exact: true }) : frame.locator(css)
);

const STATUS = 'Failed to load resource: the server responded with a status of';

const act = {
  click: (frame, asked) => control(frame, asked).click(),
  fill: (frame, asked) => control(frame, asked).fill(asked.value),
  press: (frame, asked) => frame.page().keyboard.press(asked.key),
};

// Null: a page that was not fetched, such as about:blank, or one of the same document.
const status = (response) => response?.status() ?? 0;

// Of the page that a click or a key leads to, redirects followed.
async function follow(frame, asked) {
  const loaded = frame.waitForNavigation({ waitUntil: 'load' });
  // The click's own failure says more, if both fail.
  const [, response] = await Promise.all([act[asked.by](frame, asked), loaded]);
  return status(response);
}

const onContext = {
  page: (found) => openPage(found),
  cookies: async ({ context }) => (await context.cookies()).map((cookie) => ({
    ...cookie, partitioned: cookie.partitionKey !== undefined,
  })),
};

const onPage = {
  goto: async ({ page }, { url }) => status(await page.goto(url)),
  back: async ({ page }) => status(await page.goBack()),
  reload: async ({ page }) => status(await page.reload()),
  press: ({ page }, { key }) => page.keyboard.press(key),
  wait_for_url: ({ page }, { start }) => page.waitForURL((url) => url.href.startsWith(start)),
  frame: async ({ page, limit }, { start }) => {
    const frame = await waitFor(() => page.frames().find((it) => it.url().startsWith(start)), limit);
    if (!frame) throw new Error(`no frame shows ${start} after ${limit}ms`);
    await frame.waitForLoadState('load');
    return keepFrame(frame);
  },
  focus_walk: (found) => focusWalk(found.page),
  has_horizontal_scroll: async ({ page, viewport }) => (
    await page.evaluate(() => document.documentElement.scrollWidth) > viewport.width
  ),
  screenshot: async ({ page }, { path }) => {
    await page.screenshot({ path, fullPage: true });
  },
  responses: ({ responses }) => Promise.all(responses.map(async (response) => ({
    method: response.request().method(),
    url: response.url(),
    status: response.status(),
    headers: (await response.headersArray()).map(({ name, value }) => [name, value]),
  }))),
  console_errors: ({ errors, responses }) => {
    const documents = responses.filter((it) => it.request().isNavigationRequest());
    const seen = new Set(documents.map((it) => it.url()));
    // That a page has this status is the answer to whoever went there.
    return errors.filter(({ text, url }) => !(seen.has(url) && text.startsWith(STATUS)));
  },
};

const onFrame = {
  url: (frame) => frame.url(),
  title: (frame) => frame.title(),
  text: (frame) => frame.locator('body').innerText(),
  count: (frame, { css }) => frame.locator(css).count(),
  attribute: (frame, { css, name }) => frame.locator(css).getAttribute(name),
  click: act.click,
  fill: act.fill,
  follow,
  axe: (frame, _asked, record) => accessibility(frame, record),
};

const general = {
  context: (asked) => openContext(asked),
  close_context: ({ context }) => closeContext(context),
};

/** Carries out one line, and says what is to be answered. */
export async function carryOut(asked) {
  const { verb } = asked;
  if (general[verb]) return { value: await general[verb](asked) ?? null };
  if (onContext[verb]) {
    return { value: await onContext[verb](find('context', asked.context), asked) ?? null };
  }
  const record = find('page', asked.page);
  if (verb === 'foreign_requests') return { value: record.foreign.splice(0) };
  const run = onPage[verb]
    ? () => onPage[verb](record, asked)
    : () => onFrame[verb](find('frame', asked.frame), asked, record);
  if (!onPage[verb] && !onFrame[verb]) throw new Error(`no verb is named ${verb}`);
  try {
    const value = await limited(run(), record.limit);
    if (record.foreign.length) throw new Error('it went well, but');
    return { value: value ?? null };
  } catch (error) {
    return { error: reason(error, record), ...await shown(record.page) };
  }
}

// A foreign request is a failure of whatever is asked next, until the test has looked at it.
function reason(error, { foreign }) {
  const refused = foreign.map((url) => `; the page asked for ${url}, which is not on loopback`);
  return error.message + refused.join('');
}

async function shown(page) {
  const text = page.locator('body').innerText({ timeout: 10_000 }).catch(() => '');
  return { url: page.url(), text: (await text).slice(0, 2000) };
}

function limited(promise, limit) {
  let timer;
  const end = new Promise((_, reject) => {
    const late = () => reject(new Error(`not done after ${limit}ms`));
    // Later than playwright's own limit, whose message says what it waits for.
    timer = setTimeout(late, limit + 500);
  });
  return Promise.race([promise, end]).finally(() => clearTimeout(timer));
}

async function waitFor(probe, limit) {
  const deadline = Date.now() + limit;
  let found = probe();
  while (!found && Date.now() < deadline) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    found = probe();
  }
  return found;
}
