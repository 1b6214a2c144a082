// Runs the tests with this Node: builds first, then hands the runner an explicit list of files (what else it takes differs by version).
import { readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { build, buildTests } from './build.mjs';
import { Failure, root, run, start } from './run.mjs';

/** Longest that one test file may take, in milliseconds. */
const TIMEOUT = 120_000;

/** Where Nodes that can (from 22.1) keep what they compiled, for the next of the hundreds of processes that load the same files. */
const COMPILED = `${root}dist-test/.compiled`;

/**
 * `npm test -- src/oci exports --test-only`: words choose the files whose path contains one of them, options go to the runner.
 * Without words all files run. The runner's closing counts end the output.
 */
export async function runTests(args = []) {
  await build();
  await buildTests();
  const words = args.filter((arg) => !arg.startsWith('-'));
  const all = [...testsIn('dist', 'src'), ...testsIn('dist-test', 'test'), ...testsIn('scripts', 'scripts')];
  const chosen = all.filter(({ source }) => words.length === 0 || words.some((word) => source.includes(word)));
  if (chosen.length === 0)
    throw new Failure(`No test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path.`);
  const options = [
    '--test-reporter=spec',
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    `--test-timeout=${TIMEOUT}`,
    ...args.filter((arg) => arg.startsWith('-')),
  ];
  // what was made of other sources would only gather
  rmSync(COMPILED, { recursive: true, force: true, maxRetries: 5 });
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED };
  return run(process.execPath, ['--test', ...options, ...chosen.map(({ file }) => file)], { env });
}

/** The test files below `folder`, with the paths of their sources. */
function testsIn(folder, sources) {
  const names = readdirSync(root + folder, { recursive: true }).filter((name) => /\.test\.m?js$/.test(name));
  return names.toSorted().map((name) => {
    const path = name.replaceAll('\\', '/');
    return { file: `${folder}/${path}`, source: `${sources}/${path.replace(/\.js$/, '.ts')}` };
  });
}

await start(import.meta.url, runTests);
