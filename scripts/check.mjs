// Everything that must hold before a change is kept: types, lint, format, tests.
import { build, buildTests } from './build.mjs';
import { seconds } from './prepare-tree.mjs';
import { Failure, runTool, start } from './run.mjs';
import { runTests } from './test.mjs';

const STEPS = {
  types: async () => {
    await build();
    await buildTests();
    return 0;
  },
  lint: () => runTool('oxlint/bin/oxlint', ['--quiet']),
  format: () => runTool('@biomejs/biome/bin/biome', ['check', '.']),
  tests: () => runTests(),
};

/** All steps are taken, whatever came of the ones before; `--no-tests` leaves the tests out. Ends with 1 when one of them failed. */
async function check(args) {
  let failures = 0;
  for (const [name, work] of Object.entries(STEPS)) {
    if (name === 'tests' && args.includes('--no-tests')) continue;
    const started = performance.now();
    const isGood = (await attempt(work)) === 0;
    if (!isGood) failures += 1;
    console.log(`${isGood ? 'ok' : 'FAILED'}: ${name} (${seconds(started)})\n`);
  }
  return failures === 0 ? 0 : 1;
}

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    return 1;
  }
}

await start(import.meta.url, check);
