import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Dray } from '#dray';
import { COMMANDS, shownCommands } from '../command-table.ts';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { flagGroups } from '../parse-command-line.ts';
import { run } from '../run.ts';
import { operandKind } from './operand-kind.ts';

const folder = mkdtempSync(join(tmpdir(), 'dray-completion-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  readonly values: readonly string[];
  readonly ends: string;
  readonly asked: unknown;
}

/** What the last word may become; `line` ends where the cursor stands. */
async function complete(line: string, dray?: Partial<Dray>, env: Record<string, string> = {}): Promise<Answer> {
  const context = fakeContext({ env, now: Date.now(), ...(dray !== undefined && { dray }) });
  const status = await run(['__complete', '--', ...line.split(' ').slice(1)], context);
  assert.equal(status, 0);
  assert.equal(context.err(), '');
  const lines = context.out().split('\n').slice(0, -1);
  const ends = lines.pop() ?? '';
  return { values: lines.map((one) => one.split('\t')[0] ?? ''), ends, asked: context.asked() };
}

describe('words that the definitions have', () => {
  const cases: readonly (readonly [line: string, expected: string, ends: string])[] = [
    ['dray val', 'validate', ':'],
    ['dray --progress t', 'tty', ':'],
    ['dray --progress=j', '--progress=json', ':'],
    ['dray --root ', '', ':files'],
    ['dray --root x val', 'validate', ':'],
    ['dray image pul', 'pull', ':'],
    ['dray help comp', 'completion', ':'],
    ['dray completion ', 'bash zsh fish powershell', ':'],
    ['dray completion bash ', '', ':'],
    ['dray ls --rec', '--recursive', ':'],
    ['dray ls --platform linux/arm64', 'linux/arm64', ':'],
    ['dray tags --sort ', 'name semver date', ':'],
    ['dray images --format ', 'json table', ':'],
    ['dray pull --ca ', '', ':files'],
    ['dray nonsense ', '', ':'],
    ['dray image nonsense ', '', ':'],
    ['dray __comp', '', ':'],
  ];
  for (const [line, expected, ends] of cases) {
    test(line, async () => {
      const answer = await complete(line);
      assert.equal(answer.values.join(' '), expected);
      assert.equal(answer.ends, ends);
      assert.equal(answer.asked, undefined, 'no Dray is made');
    });
  }

  test('every command is there, and every flag of each', async () => {
    const { values } = await complete('dray ');
    for (const { name } of shownCommands()) assert.ok(values.includes(name), name);
    for (const entry of COMMANDS.filter(({ name }) => /^[a-z]+$/.test(name))) {
      const flags = flagGroups(await entry.load()).flatMap(([, group]) => group.map(({ long }) => long ?? ''));
      const { values: offered } = await complete(`dray ${entry.name} --`);
      assert.deepEqual(offered, [...flags, '--help'], entry.name);
    }
  });
});

describe('what operands are', () => {
  const cases: readonly (readonly [usage: string, index: number, kind: string])[] = [
    ['[OPTIONS] IMAGE [PATH]', 0, 'image-or-file'],
    ['[OPTIONS] IMAGE [PATH]', 1, 'none'],
    ['[OPTIONS] IMAGE [PATH]', 2, 'none'],
    ['[OPTIONS] NAME[:TAG|@DIGEST]...', 3, 'image'],
    ['[OPTIONS] SRC DST', 1, 'image-or-file'],
    ['[OPTIONS] REPOSITORY', 0, 'repository'],
    ['[OPTIONS] [REPOSITORY[:TAG]]', 0, 'image'],
    ['[OPTIONS] FILE|- [REPOSITORY[:TAG]]', 0, 'file'],
    ['[OPTIONS] FILE|- [REPOSITORY[:TAG]]', 1, 'image'],
    ['[OPTIONS] [SERVER]', 0, 'host'],
    ['[OPTIONS]', 0, 'none'],
  ];
  for (const [usage, index, kind] of cases) {
    test(`${usage}, ${index}`, () => assert.equal(operandKind(usage, index), kind));
  }
});

describe('names', () => {
  const image = (repository: string, tag: string): Awaited<ReturnType<Dray['images']>>[number] =>
    ({ repository, tag }) as Awaited<ReturnType<Dray['images']>>[number];
  const images: Dray['images'] = async () => [
    image('alpine', '3.20'),
    image('alpine', '3.19'),
    image('host:5000/app', '1'),
  ];

  test('of images in the store', async () => {
    assert.deepEqual((await complete('dray push al', { images })).values, ['alpine:3.20', 'alpine:3.19']);
    assert.deepEqual((await complete('dray tags al', { images })).values, ['alpine']);
    assert.equal((await complete('dray ls al', { images })).ends, ':files');
  });

  test('of registries that docker knows, with the word left open', async () => {
    const auths = { 'https://index.docker.io/v1/': {}, 'registry.example:5000': {}, '$(evil)': {} };
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths, credHelpers: { 'other.example': 'x' } }));
    const env = { DOCKER_CONFIG: folder };
    const answer = await complete('dray pull reg', { images: async () => [] }, env);
    assert.deepEqual([answer.values, answer.ends], [['registry.example:5000/'], ':open']);
    const hosts = await complete('dray login ', {}, env);
    assert.deepEqual(hosts.values, ['docker.io', 'other.example', 'registry.example:5000']);
  });

  test('tags of a registry, asked once a minute', async () => {
    let asked = 0;
    const tags: Dray['tags'] = async (name) => {
      assert.equal(name, 'localhost:5000/team/app');
      asked += 1;
      return ['1.0', '1.1', '2.0', '$(evil)'];
    };
    const env = { XDG_CACHE_HOME: join(folder, 'cache') };
    const line = 'dray pull --insecure localhost:5000/team/app:1.';
    const first = await complete(line, { tags }, env);
    assert.deepEqual(first.values, ['localhost:5000/team/app:1.0', 'localhost:5000/team/app:1.1']);
    assert.equal((first.asked as { insecure?: boolean }).insecure, true);
    await complete(line, { tags }, env);
    assert.equal(asked, 1);
    const cache = join(folder, 'cache', 'dray', 'completion');
    const [file = ''] = readdirSync(cache);
    if (process.platform !== 'win32') assert.equal(statSync(join(cache, file)).mode & 0o077, 0);
    utimesSync(join(cache, file), 0, 0);
    await complete(line, { tags }, env);
    assert.equal(asked, 2);
  });

  test('a registry or a store that fails is passed over in silence', async () => {
    const failing = async (): Promise<never> => {
      throw new Error('no');
    };
    assert.deepEqual((await complete('dray pull localhost:5000/app:', { tags: failing })).values, []);
    assert.deepEqual((await complete('dray push ', { images: failing })).values, []);
  });

  test('nobody is asked for a password', async () => {
    const answer = await complete('dray pull --creds me localhost:5000/app:', {});
    assert.deepEqual([answer.values, answer.asked], [[], undefined]);
  });
});
