// Builds dist/: the library as the compiler gives it, and the command as one file. Does nothing when nothing has changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { bundleCommand } from './bundle.mjs';
import { prepareTree, seconds } from './prepare-tree.mjs';
import { Failure, root, runTool, start } from './run.mjs';

const STAMP = 'dist/.stamp';

/** Resolves when dist/ is what src/ says; installs the packages first where that is needed. */
export async function build() {
  await prepareTree();
  await whenChanged(['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'], STAMP, async () => {
    const started = performance.now();
    await compile('tsconfig.json', 'dist');
    await bundleCommand();
    console.log(`Built dist/ in ${seconds(started)}.`);
  });
}

/** Compiles the tests in test/, which see the built package as its users do, into dist-test/. */
export async function buildTests() {
  await whenChanged(['test', STAMP], 'dist-test/.stamp', () => compile('test/tsconfig.json', 'dist-test'));
}

async function compile(project, folder) {
  removeOrphans(project === 'tsconfig.json' ? 'src' : 'test', folder);
  const args = ['-p', project, '--incremental', '--tsBuildInfoFile', `${folder}/tsconfig.tsbuildinfo`];
  const status = await runTool('typescript/bin/tsc', args);
  if (status !== 0) throw new Failure(`The types of ${project} do not hold (tsc: ${status}).`);
}

/** Output of files that are gone would still be found and run. */
function removeOrphans(sources, folder) {
  if (!existsSync(root + folder)) return;
  for (const name of readdirSync(root + folder, { recursive: true })) {
    const stem = /^(?<stem>.+?)(\.d\.ts|\.js)$/.exec(name)?.groups.stem;
    if (stem !== undefined && !existsSync(`${root}${sources}/${stem}.ts`)) rmSync(`${root}${folder}/${name}`);
  }
}

/** Runs `work` unless the inputs' names, sizes and times are those that the stamp was made from. */
async function whenChanged(inputs, stamp, work) {
  const current = fingerprint(inputs);
  if (existsSync(root + stamp) && readFileSync(root + stamp, 'utf8') === current) return;
  rmSync(root + stamp, { force: true });
  await work();
  writeFileSync(root + stamp, current);
}

function fingerprint(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const whole = statSync(root + input);
    const names = whole.isDirectory() ? readdirSync(root + input, { recursive: true }).toSorted() : [''];
    for (const name of names) {
      const { size, mtimeMs } = statSync(`${root}${input}${name === '' ? '' : `/${name}`}`);
      hash.update(`${input}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

await start(import.meta.url, build);
