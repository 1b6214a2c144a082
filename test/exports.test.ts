import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));

interface PackageJson {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageJson;
/** The doors by their names: `dray`, `dray/oci` … */
const doors = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === 'string' ? [] : [{ name: path.replace('.', 'dray'), room: path.slice(2), target }],
);

const folder = mkdtempSync(join(tmpdir(), 'dray-exports-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await execute('npm', args, { cwd, encoding: 'utf8', maxBuffer: 16 << 20 });
  return stdout;
}

test('every door is src/<room>/index.ts, built, with types', () => {
  assert.ok(doors.length >= 7);
  for (const { room, target } of doors) {
    const place = room === '' ? '' : `${room}/`;
    assert.deepEqual(target, { types: `./dist/${place}index.d.ts`, default: `./dist/${place}index.js` });
    for (const file of Object.values(target)) assert.ok(existsSync(join(root, file)), `${file} is missing`);
    assert.ok(existsSync(join(root, `src/${place}index.ts`)));
  }
});

test('a door gives exactly the names that it lists', async () => {
  for (const { name, room } of doors) {
    const text = readFileSync(join(root, 'src', room, 'index.ts'), 'utf8');
    assert.doesNotMatch(text, /export \*|export default|export (const|function|class|let)/, `${name} lists no names`);
    const given: unknown = await import(name);
    assert.ok(typeof given === 'object' && given !== null);
    assert.deepEqual(Object.keys(given).toSorted(), valueNames(text), name);
  }
});

/** The names in `export { … } from`, without types. */
function valueNames(text: string): readonly string[] {
  const lists = [...text.matchAll(/export \{(?<list>[^}]*)\}/g)].map((match) => match.groups?.['list'] ?? '');
  const names = lists.flatMap((list) => list.split(',')).map((name) => name.trim());
  const values = names.filter((name) => name !== '' && !name.startsWith('type '));
  return values.map((name) => name.split(' as ').at(-1) ?? name).toSorted();
}

test('publint finds nothing to say', async () => {
  const { messages } = await publint({ pkgDir: root, pack: false, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest as never)),
    [],
  );
});

test('the package installs offline into an empty folder and runs', async () => {
  const [packed] = JSON.parse(
    await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  ) as readonly {
    readonly filename: string;
    readonly size: number;
    readonly files: readonly { readonly path: string }[];
  }[];
  assert.ok(packed !== undefined);
  const paths = packed.files.map((file) => file.path);
  checkContents(paths);
  checkLinks(paths);
  assert.ok(packed.size < 2 << 20, `${packed.size} bytes`);

  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await npm(['install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`], folder);
  const { stdout } = await execute(join(folder, 'node_modules/.bin/dray'), [
    'version',
    '--format',
    '{{.Client.Version}}',
  ]);
  assert.equal(stdout, `${manifest.version}\n`);

  const imports = doors.map(({ name }, index) => `import * as door${index} from '${name}';`);
  const counts = doors.map((_, index) => `Object.keys(door${index}).length`);
  writeFileSync(
    join(folder, 'all.js'),
    `${imports.join('\n')}\nconsole.log([${counts.join(', ')}].every((count) => count > 0));`,
  );
  assert.equal((await execute(process.execPath, ['all.js'], { cwd: folder })).stdout, 'true\n');
});

function checkContents(paths: readonly string[]): void {
  const bundled = Object.keys(manifest.dependencies).map((name) => `node_modules/${name}/`);
  for (const path of ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json', 'dist/dray.mjs', 'dist/LICENSES']) {
    assert.ok(paths.includes(path), `${path} is not in the package`);
  }
  for (const path of paths) {
    const own = path.startsWith('dist/') || /^(?:docs\/|bench\/)?[^/]+$/.test(path);
    assert.ok(own || bundled.some((prefix) => path.startsWith(prefix)), `${path} is in the package`);
    const unwanted = /^dist\/(.*\.test\.|cli\/|\.stamp|tsconfig)|^(docs|bench)\/.*(?<!\.md)$/;
    assert.doesNotMatch(path, unwanted);
  }
  for (const prefix of bundled)
    assert.ok(
      paths.some((path) => path.startsWith(prefix)),
      `${prefix} is missing`,
    );
}

/** Who has the package alone can follow its pages. */
function checkLinks(paths: readonly string[]): void {
  const pages = paths.filter((path) => path.endsWith('.md') && !path.startsWith('node_modules/'));
  assert.ok(pages.includes('docs/engine.md'));
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      const path = posix.join(posix.dirname(page), target);
      assert.ok(paths.includes(path), `${page} links to ${target}, which is not in the package`);
    }
  }
}
