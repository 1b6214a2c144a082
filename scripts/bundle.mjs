// Puts the command and everything it needs into one file that runs with Node alone.
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { root } from './run.mjs';

// What makes dray.mjs start faster, itself and its threads, it does without; only the servers need the files of their own beside it.
const OUTPUTS = {
  'src/cli/main.ts': 'dray.mjs',
  'src/serve/for-command.ts': 'dray-serve.mjs',
  'src/daemon/index.ts': 'dray-engine.mjs',
  'src/cli/launch.ts': 'launch.mjs',
  'src/worker-main.ts': 'dray-worker.mjs',
  'src/serve/access/users/password-thread.ts': 'dray-passwords.mjs',
};

// Names are kept: they are read in stack traces.
const BANNER = `#!/usr/bin/env node
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

/** Writes dist/dray.mjs, executable, its threads, and dist/LICENSES for the packages inside. */
export async function bundleCommand() {
  const inputs = {};
  for (const [entry, name] of Object.entries(OUTPUTS))
    Object.assign(inputs, await bundle(entry, `${root}dist/${name}`));
  writeFileSync(`${root}dist/LICENSES`, licences(inputs));
}

async function bundle(entry, output) {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['dray-source'],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    define: { DRAY_VERSION: JSON.stringify(version) },
    banner: { js: BANNER },
    plugins: [lazyBuiltins, serversApart],
    logLevel: 'warning',
  });
  // by rename, so that a command that is being started never sees half a file
  writeFileSync(`${output}.new`, outputFiles[0].contents);
  chmodSync(`${output}.new`, 0o755);
  renameSync(`${output}.new`, output);
  return metafile.inputs;
}

/**
 * An import of a built-in module stands at the top of a bundle and is loaded at every start, also when it belongs to a part that is
 * loaded on demand. As a module of its own that requires the built-in one, it is loaded with the part that needs it.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const builtins = new Set(builtinModules);
    onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path, namespace, importer }) => {
      const name = path.replace(/^node:/, '');
      // commander can run subcommands as programs; dray has none
      if (name === 'child_process' && importer.includes('/commander/'))
        return { path: 'nothing', namespace: 'nothing' };
      if (namespace === 'builtin' || !builtins.has(name)) return undefined;
      return { path: `node:${name}`, namespace: 'builtin' };
    });
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};' }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};

/** Nobody but `dray serve` and `dray engine` loads what a server is made of. */
const serversApart = {
  name: 'servers-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^#serve$/ }, () => ({ path: './dray-serve.mjs', external: true }));
    onResolve({ filter: /^#daemon$/ }, () => ({ path: './dray-engine.mjs', external: true }));
  },
};

/** The licence texts of all packages that the bundle took something from. */
function licences(inputs) {
  const names = Object.keys(inputs).map((path) => /^node_modules\/(?<name>(@[^/]+\/)?[^/]+)\//.exec(path)?.groups.name);
  const packages = [...new Set(names.filter((name) => name !== undefined))].toSorted();
  const texts = packages.map((name) => {
    const folder = `${root}node_modules/${name}`;
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file !== undefined && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `dray.mjs contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
