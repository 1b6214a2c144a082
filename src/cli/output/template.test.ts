import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StoredImage } from '#image';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

interface Recorded {
  readonly command: 'images' | 'version';
  readonly format: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Source {
  readonly recorded: string;
  readonly created: string;
  readonly images: readonly Pick<StoredImage, 'id' | 'repository' | 'tag' | 'digest' | 'size'>[];
}

const folder = new URL('../../../test/golden/go-template/', import.meta.url);
const recorded = read('docker.json') as readonly Recorded[];
const source = read('images.json') as Source;

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

const images: readonly StoredImage[] = source.images.map((image) => ({
  ...image,
  id: `sha256:${image.id.padEnd(64, '0')}`,
  platform: { os: 'linux', architecture: 'amd64' },
  created: source.created,
  pulled: source.recorded,
  source: 'http://localhost:5000',
  labels: {},
}));

async function dray(args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const context = fakeContext({ now: Date.parse(source.recorded), dray: { images: async () => images } });
  const status = await run([...args], context);
  return { status, out: context.out(), err: context.err() };
}

test('--format prints what docker prints, and refuses what docker refuses with its words', async () => {
  assert.ok(recorded.length > 50);
  for (const { command, format, status, stdout, stderr } of recorded) {
    const got = await dray([command, '--format', format]);
    assert.equal(got.status, status, format);
    // what docker's version prints before it fails is an empty line
    assert.equal(got.out, status === 0 ? stdout : '', format);
    const [first] = got.err.split('\n');
    assert.equal(first, stderr === '' ? '' : `dray: ${stderr.trimEnd()}`, format);
  }
});

test('a field that there is not: what there is', async () => {
  const { err } = await dray(['images', '--format', '{{.Foo}}']);
  assert.match(err, /\nthere is Containers, CreatedAt, .*, VirtualSize\n$/);
});

test('the server that is not there', async () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['{{.Server}}', 0, /^<nil>\n$/],
    ['{{with .Server}}x{{else}}none{{end}}', 0, /^none\n$/],
    ['{{json .}}', 0, /^\{"Client":\{"Version":"[^"]+",.*\},"Server":null\}\n$/],
    ['{{.Server.Version}}', 1, /nil pointer evaluating \*types\.Version\.Version\n$/],
  ];
  for (const [format, status, expected] of cases) {
    const got = await dray(['version', '--format', format]);
    assert.equal(got.status, status, format);
    assert.match(got.out + got.err, expected, format);
  }
});

test('commands load the engine only where there is a template', () => {
  const room = new URL('../', import.meta.url);
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter(
      (name) =>
        /\.[jt]s$/.test(name) && !name.includes('.test.') && !/^output\/(?:inspect-)?template\.|\.d\.ts$/.test(name),
    );
  assert.ok(files.length > 30);
  const eager = files.filter((name) =>
    /^import [^;]*(?:#template|\/template\.[jt]s)';/m.test(readFileSync(new URL(name, room), 'utf8')),
  );
  assert.deepEqual(eager, []);
});
