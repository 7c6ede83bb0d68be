#!/usr/bin/env node
// Starts headless Chromium, and does with it what the lines on stdin say.
//
// Prints one JSON line on stdout when it is ready, then one for each line on stdin, and complaints
// on stderr. SIGTERM stops it, and so does the end of stdin, with or without --stop-at-eof.
//
//   --modules DIR      the folder whose node_modules holds playwright-core and axe-core
//   --chromium FILE    the program
//
// A line asks {"id":1,"verb":"goto","page":3,"url":"http://127.0.0.1:1/"}; verbs.mjs has all verbs.
// It is answered {"id":1,"value":200}, or {"id":1,"error":"…","url":"…","text":"…"} with what
// the page shows. Lines are worked on together; whoever wants one after the other waits for the
// answer.
import * as readline from 'node:readline';
import { options } from './options.mjs';
import { close, launch } from './chromium.mjs';
import { carryOut } from './verbs.mjs';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function end(status) {
  // What hangs is killed by the system together with this process: its pipe ends.
  setTimeout(() => process.exit(status), 5000).unref();
  await close();
  process.exit(status);
}

const version = await launch(options.chromium, () => {
  console.error('Chromium ended by itself');
  process.exit(1);
});
process.once('SIGTERM', () => end(0));

async function answer(line) {
  let id = null;
  try {
    const asked = JSON.parse(line);
    id = asked.id;
    say({ id, ...await carryOut(asked) });
  } catch (error) {
    say({ id, error: error.message, url: '', text: '' });
  }
}

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', answer);
lines.on('close', () => end(0));
say({ server: 'browser', pid: process.pid, version });
