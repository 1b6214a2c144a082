// docs/errors.md, from the table of codes. `node scripts/render-errors.mjs` writes it; a test compares.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';

const FAMILIES = {
  usage: 'what was asked for cannot be understood',
  access: 'somebody does not let us',
  absence: 'it is not there',
  network: 'the way to it failed',
  integrity: 'what came is not what it should be',
  local: 'this machine',
  build: 'a build',
  cancelled: 'the caller stopped it',
  bug: 'dray itself',
};

/** The page as text. */
export function renderErrors({ CODES, EXIT_STATUS }) {
  const lines = [
    '# Errors',
    '',
    'Everything that fails, fails with a `DrayError`: a `message` (what was being done, to what, what was found), often a `hint` (what to do next), a `code` from this',
    'list, `detail` (facts for programs) and the `cause`. Commands that docker has exit as docker does: 125 for a wrong flag, 1 for any other error.',
    'The others exit with the status of the family; Ctrl-C gives 130, SIGTERM 143.',
    '',
    'This page is made from `src/errors/codes.ts` by `node scripts/render-errors.mjs`.',
  ];
  for (const [family, about] of Object.entries(FAMILIES)) {
    const codes = Object.entries(CODES).filter(([, facts]) => facts.family === family);
    if (codes.length === 0) continue;
    lines.push('', `## ${family}: ${about} (exit ${EXIT_STATUS[family]})`, '');
    lines.push('| code | meaning | HTTP | trying again can help |', '|---|---|---|---|');
    for (const [code, { meaning, http, retryable }] of codes) {
      lines.push(`| \`${code}\` | ${meaning} | ${http} | ${retryable ? 'yes' : 'no'} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(`${root}docs/errors.md`, renderErrors(await import(`${root}dist/errors/index.js`)));
}
