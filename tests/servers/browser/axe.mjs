// What axe-core has to say about a page.
import * as fs from 'node:fs';
import { library } from './options.mjs';

const SOURCE = fs.readFileSync(library.resolve('axe-core/axe.min.js'), 'utf8');

// All of WCAG 2.2 up to AA, and what axe recommends beyond it.
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// Of large letters too, of which WCAG asks 3 only.
const CONTRAST = 4.5;

/**
 * Violations in one frame; those inside it are other documents, to be asked for one by one.
 *
 * What axe cannot decide, such as text over a picture, is among them, marked: somebody must look.
 */
export async function accessibility(frame, { script }) {
  if (!script) await frame.evaluate(replaceTimers);
  await frame.evaluate(SOURCE);
  return frame.evaluate(run, { tags: TAGS, contrast: CONTRAST });
}

/**
 * Runs in the page. Where scripts are off, a timer never goes off and promises go on: axe defers
 * its work by a timer of a millisecond, and gives up by one of seconds, which is left out.
 */
function replaceTimers() {
  window.setTimeout = (work, delay = 0, ...args) => {
    if (delay < 100) Promise.resolve().then(() => work(...args));
    return 0;
  };
}

/** Runs in the page. */
async function run({ tags, contrast }) {
  /* global axe */
  const least = { expected: contrast };
  // axe forgets the options that are not said again: all others are as in its own rule.
  const options = {
    contrastRatio: { normal: least, large: least },
    boldTextPt: 14,
    boldValue: 700,
    ignoreLength: false,
    ignorePseudo: false,
    ignoreUnicode: true,
    largeTextPt: 18,
    pseudoSizeThreshold: 0.25,
    shadowOutlineEmMax: 0.2,
    textStrokeEmMin: 0.03,
  };
  axe.configure({ checks: [{ id: 'color-contrast', options }] });
  const found = await axe.run(document, {
    iframes: false,
    resultTypes: ['violations', 'incomplete'],
    rules: { 'target-size': { enabled: true } },
    runOnly: { type: 'tag', values: tags },
  });
  // Letters in a drawing are a logo, of which no contrast is asked (WCAG 2.2, 1.4.3), and the
  // shape behind them is never decided.
  const isDrawn = ({ target: [css] }) => document.querySelector(css)?.closest('svg');
  const undecided = found.incomplete
    .map((it) => (it.id === 'color-contrast'
      ? { ...it, nodes: it.nodes.filter((node) => !isDrawn(node)) } : it))
    .filter((it) => it.nodes.length);
  const said = (certain) => ({ id, impact, help, nodes }) => ({
    rule: id,
    impact: impact ?? '',
    help,
    certain,
    targets: nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`),
  });
  return [...found.violations.map(said(true)), ...undecided.map(said(false))];
}
