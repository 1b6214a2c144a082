import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TIERS, violations } from './architecture-rules.ts';

const src = new URL('../src/', import.meta.url);
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ path: name.replaceAll('\\', '/'), text: readFileSync(new URL(name, src), 'utf8') }));
const rooms = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test('every file keeps to the rules', () => {
  assert.ok(sources.length > 100, `${sources.length} files`);
  assert.deepEqual(
    sources.flatMap((file) => violations(file)),
    [],
  );
});

test('every room has a tier and, below cli, a door', () => {
  for (const { name } of rooms) {
    assert.ok(TIERS[name] !== undefined, `no tier is known for ${name}`);
    if (name !== 'cli')
      assert.ok(
        sources.some(({ path }) => path === `${name}/index.ts`),
        `${name} has no index.ts`,
      );
  }
});

test('every door is in package.json, for sources and build', () => {
  const { imports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    imports: Record<string, unknown>;
  };
  const doors = rooms.filter(({ name }) => name !== 'cli').map(({ name }) => [name, `${name}/index`] as const);
  const expected = [...doors, ['dray', 'index'] as const, ['worker', 'worker'] as const].map(([name, file]) => [
    `#${name}`,
    { 'dray-source': `./src/${file}.ts`, default: `./dist/${file}.js` },
  ]);
  assert.deepEqual(imports, Object.fromEntries(expected));
});

const BROKEN: readonly (readonly [string, string, RegExp | undefined])[] = [
  ['registry/a.ts', "import { x } from '#transport';", undefined],
  ['registry/a.ts', "import { x } from './b.ts';\nimport { y } from '../registry/c.ts';", undefined],
  ['registry/a.test.ts', "import { x } from '#testing';\nimport 'node:fs';", undefined],
  ['oci/a.ts', "import { createHash } from 'node:crypto';", undefined],
  ['cli/a.ts', "import { createDray } from '#dray';\nprocess.exit(console.log(process.env['HOME']));", undefined],
  ['create-dray.ts', "import { homedir } from 'node:os';\nprocess.env;", undefined],
  [
    'store/a.ts',
    "// process.env\nconst text = 'process.env'; /* console.log */ const url = 'http://x'; process.pid;",
    undefined,
  ],
  ['registry/a.ts', "import { x } from '#store';", /registry must not import #store/],
  ['registry/a.ts', "import type { X } from '#store';", /must not/],
  ['registry/a.ts', "const x = await import('#image');", /must not/],
  ['registry/a.ts', "export type { X } from '#cli';", /must not/],
  ['registry/a.ts', "let x: import('#store').Y;", /must not/],
  ['registry/a.ts', "import { x } from '#testing';", /must not/],
  ['registry/a.ts', "import { x } from '#nowhere';", /no room/],
  ['registry/a.ts', "import { x } from '../transport/dial.ts';", /reaches into another room/],
  ['registry/auth/a.ts', "import { x } from '../../oci/index.ts';", /reaches/],
  ['dray.ts', "import { x } from './oci/index.ts';", /reaches/],
  ['bytes/a.ts', "import { x } from 'node:fs';", /imports node:fs in a pure room/],
  ['oci/a.ts', "import { x } from 'left-pad';", /a package, in a pure room/],
  ['store/a.ts', "const home = process.env['HOME'];", /uses process\.env/],
  ['store/a.ts', "import { homedir } from 'node:os';", /uses homedir/],
  ['image/a.ts', "console.log('x');", /uses console\./],
  ['image/a.ts', 'process.stdout.write("x");', /uses process\.stdout/],
  ['image/a.ts', "import { openDiskStore } from '#store';", /builds a place/],
  ['cellar/a.ts', '', /no tier/],
];

test('the rules see what they are there for', () => {
  for (const [path, text, expected] of BROKEN) {
    const found = violations({ path, text }).join('\n');
    if (expected === undefined) assert.equal(found, '', `${path}: ${text}`);
    else assert.match(found, expected, `${path}: ${text}`);
  }
});
