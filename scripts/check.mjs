// Everything that must hold before a change is kept: types, lint, format, tests.
import { build, buildTests } from './build.mjs';
import { seconds } from './prepare-tree.mjs';
import { runTool, start } from './run.mjs';
import { runTests } from './test.mjs';

/** `--no-tests` leaves the tests out. Ends with 1 when one of the steps failed; all that can be run are run. */
async function check(args) {
  await step('types', async () => {
    await build();
    await buildTests();
    return 0;
  });
  const statuses = [
    await step('lint', () => runTool('oxlint/bin/oxlint', ['--quiet'])),
    await step('format', () => runTool('@biomejs/biome/bin/biome', ['check', '.'])),
  ];
  if (!args.includes('--no-tests')) statuses.push(await step('tests', () => runTests()));
  return statuses.every((status) => status === 0) ? 0 : 1;
}

async function step(name, work) {
  const started = performance.now();
  const status = await work();
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name} (${seconds(started)})\n`);
  return status;
}

await start(import.meta.url, check);
