// A walk through a page by the Tab key.

/** More controls than any page here has. */
const MOST_STOPS = 200;

/** The stops in their order, and the controls that are none. */
export async function focusWalk(page) {
  const session = await page.context().newCDPSession(page);
  const walk = await page.evaluateHandle(start);
  try {
    const stops = [];
    for (let round = 0; round < MOST_STOPS; round += 1) {
      await page.keyboard.press('Tab');
      const stop = await walk.evaluate((it) => it.stop());
      if (stop === 'again') return { stops, missed: await walk.evaluate((it) => it.missed()) };
      if (stop !== 'nowhere') {
        stops.push({ ...stop, ...await called(session) });
      }
    }
    throw new Error(`the Tab key comes to no end after ${MOST_STOPS} stops`);
  } finally {
    await walk.dispose();
    await session.detach();
  }
}

/** Role and name as a screen reader says them. */
async function called(session) {
  const expression = 'document.activeElement';
  const { result: { objectId } } = await session.send('Runtime.evaluate', { expression });
  const { nodes: [node] } = await session.send('Accessibility.getPartialAXTree', {
    objectId, fetchRelatives: false,
  });
  return { role: node?.role?.value ?? '', name: node?.name?.value ?? '' };
}

/** Runs in the page, before anything has the focus. */
function start() {
  const LOOKS = ['outlineStyle', 'outlineWidth', 'outlineColor', 'boxShadow'];
  const CONTROLS = 'a[href], button, input, select, textarea, summary, iframe, '
    + 'audio[controls], video[controls], [tabindex], [contenteditable]';

  document.activeElement?.blur();
  const look = (element) => {
    const style = getComputedStyle(element);
    return Object.fromEntries(LOOKS.map((name) => [name, style[name]]));
  };
  const before = new Map([...document.querySelectorAll('*')].map((it) => [it, look(it)]));
  const met = new Set();
  let last;
  let rounds = 0;

  // A ring may be drawn around the label of what has the focus.
  const drawnOn = (element) => [element, ...element.labels ?? []];

  const isSeen = (color) => !/^(transparent|rgba\(.*, 0\))$/.test(color);

  const hasRing = (element) => {
    const [was, is] = [before.get(element), look(element)];
    if (!was) return false;
    const outline = (it) => `${it.outlineStyle} ${it.outlineWidth} ${it.outlineColor}`;
    const isOutlined = is.outlineStyle !== 'none' && parseFloat(is.outlineWidth) > 0
      && isSeen(is.outlineColor) && outline(is) !== outline(was);
    const isShaded = is.boxShadow !== 'none' && is.boxShadow !== was.boxShadow
      && !/^rgba\([^)]*, 0\)/.test(is.boxShadow);
    return isOutlined || isShaded;
  };

  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  // Of a group of radio buttons one is a stop; the arrow keys reach the others.
  const isOfGroup = (one, other) => one.type === 'radio' && other.type === 'radio'
    && one.name !== '' && one.name === other.name && one.form === other.form;
  const isReached = (element) => (
    met.has(element) || [...met].some((other) => isOfGroup(element, other))
  );

  return {
    stop() {
      const element = document.activeElement;
      if (!element || element === document.body || element === document.documentElement) {
        // Once around: from where the focus was at first to the end, then from the start.
        rounds += 1;
        return rounds > 2 ? 'again' : 'nowhere';
      }
      // Inside a frame Tab goes on, while it is the frame that has the focus here.
      if (element === last && element.tagName === 'IFRAME') return 'nowhere';
      last = element;
      if (met.has(element)) return 'again';
      met.add(element);
      const box = element.getBoundingClientRect();
      return {
        has_visible_focus: drawnOn(element).some(hasRing),
        box: [box.x, box.y, box.width, box.height],
      };
    },
    missed() {
      return [...document.querySelectorAll(CONTROLS)]
        .filter((it) => it.type !== 'hidden' && !it.disabled && !it.inert && isShown(it))
        .filter((it) => !isReached(it))
        .map((it) => it.cloneNode(false).outerHTML);
    },
  };
}
