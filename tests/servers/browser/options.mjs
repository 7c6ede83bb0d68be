// What the command line says.
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const { values } = parseArgs({
  options: {
    chromium: { type: 'string' },
    modules: { type: 'string', default: path.dirname(fileURLToPath(import.meta.url)) },
    'stop-at-eof': { type: 'boolean', default: false },
  },
});

/** What stays as it was at the start. */
export const options = values;

/** Loads a package, or a file of one, from the installed ones. */
export const library = createRequire(path.resolve(values.modules, 'node_modules/'));
