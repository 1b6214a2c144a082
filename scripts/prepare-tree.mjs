// Makes a bare clone ready: installs the packages that package-lock.json names when they are not there.
import { existsSync, readFileSync } from 'node:fs';
import { Failure, root, run } from './run.mjs';

/** Resolves when node_modules holds what package-lock.json names. Says two lines when it had to install. */
export async function prepareTree() {
  if (isInstalled()) return;
  console.log('Installing the packages for the build (npm ci) …');
  const started = performance.now();
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  // by npm's own script where npm started us: on Windows npm itself is no program that can be spawned
  const status = await (npm?.endsWith('.js')
    ? run(process.execPath, [npm, ...args], { quiet: true })
    : run('npm', args, { quiet: true }));
  if (status !== 0) throw new Failure(`npm ci failed (${status})`);
  console.log(`… installed in ${seconds(started)}.`);
}

/** npm writes down what it installed; packages for other systems are left out there. */
function isInstalled() {
  const file = `${root}node_modules/.package-lock.json`;
  if (!existsSync(file)) return false;
  const installed = JSON.parse(readFileSync(file, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const have = installed[path];
    return have === undefined ? optional === true : have.version === version && existsSync(root + path);
  });
}

export function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
