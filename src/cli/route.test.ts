import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '#errors';
import { COMMANDS, GROUPS } from './command-table.ts';
import { CONTAINERS, ELSEWHERE } from './elsewhere.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { route } from './route.ts';

test('the command is found wherever the global flags stand', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['pull alpine', 'pull', ['alpine']],
    ['--root /r pull alpine', 'pull', ['--root', '/r', 'alpine']],
    [
      '--root=/r -D -l debug --no-color pull -q alpine',
      'pull',
      ['--root=/r', '-D', '-l', 'debug', '--no-color', '-q', 'alpine'],
    ],
    ['--root pull images', 'images', ['--root', 'pull']],
    ['image ls -q', 'images', ['-q']],
    ['image list', 'images', []],
    ['--progress none image pull x', 'pull', ['--progress', 'none', 'x']],
    ['help pull', 'help', ['pull']],
  ];
  for (const [line, name, args] of cases) {
    const found = route(line.split(' '));
    assert.ok(found.kind === 'command', line);
    assert.equal(found.entry.name, name, line);
    assert.deepEqual(found.args, args, line);
  }
});

test('overviews and the version', () => {
  for (const line of [[], ['--help'], ['-h'], ['-D', '--help']]) assert.deepEqual(route(line), { kind: 'overview' });
  for (const line of [['image'], ['image', '--help'], ['image', 'help']])
    assert.deepEqual(route(line), { kind: 'overview', group: GROUPS[0] });
  for (const line of [['-v'], ['--version']]) assert.deepEqual(route(line), { kind: 'version' });
});

const NO_CONTAINERS = 'dray has images alone: it builds none and runs no containers.';

test('a mistyped word names the nearest right one', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['pul', "'pul' is not a dray command.", "Did you mean 'dray pull'? See 'dray --help'."],
    ['imgaes', "'imgaes' is not a dray command.", "Did you mean 'dray images'? See 'dray --help'."],
    ['frobnicate', "'frobnicate' is not a dray command.", "See 'dray --help'."],
    ['cp a b', "'cp' is not a dray command.", "That is 'dray copy' here. See 'dray --help'."],
    ['ps', "'ps' is not a dray command.", `${NO_CONTAINERS} See 'dray --help'.`],
    ['image cp a b', "'cp' is not a dray image command.", "That is 'dray copy' here. See 'dray image --help'."],
    ['constructor', "'constructor' is not a dray command.", "See 'dray --help'."],
    ['image lss', "'lss' is not a dray image command.", "Did you mean 'dray image ls'? See 'dray image --help'."],
    ['image constructor', "'constructor' is not a dray image command.", "See 'dray image --help'."],
    ['--rot x pull', 'unknown flag: --rot; did you mean --root?', "See 'dray --help'."],
    ['--quiet pull x', 'unknown flag: --quiet', "See 'dray --help'."],
    ['--root', 'flag needs an argument: --root', "See 'dray --help'."],
  ];
  for (const [line, message, hint] of cases) assert.throws(() => route(line.split(' ')), { message, hint }, line);
});

test('the words of other tools lead to commands that are there, and hide none', () => {
  for (const [words, line] of Object.entries(ELSEWHERE)) {
    assert.equal(route(line.split(' ')).kind, 'command', words);
    assert.throws(() => route(words.split(' ')), { hint: new RegExp(`^That is 'dray ${line}' here\\.`) });
  }
  for (const word of CONTAINERS) assert.throws(() => route([word]), { hint: `${NO_CONTAINERS} See 'dray --help'.` });
});

test('nearest counts swapped letters as one mistake', () => {
  assert.equal(nearest('tgas', ['pull', 'tags']), 'tags');
  assert.equal(nearest('x', ['pull', 'tags']), undefined);
  assert.equal(nearest('--quite', ['--quiet', '--query']), '--quiet');
});

test('every command of the table loads, under its name, with help that fits', async () => {
  for (const entry of COMMANDS) {
    const command = await entry.load();
    assert.equal(command.name, entry.name);
    for (const alias of command.aliases ?? []) {
      const found = route(alias.split(' ').slice(1));
      assert.ok(found.kind === 'command' && found.entry === entry, alias);
    }
    assert.ok(command.examples.length > 0, `${entry.name} has examples`);
    for (const width of [71, 79, 119]) {
      const help = commandHelp(command, width);
      assert.match(help, new RegExp(`^Usage:  dray ${entry.name}`));
      const lines = help
        .split('\n')
        .filter((line) => !line.startsWith('  $') && !line.startsWith('  #') && !line.startsWith('Usage'));
      const wide = lines.filter((line) => line.length > width);
      assert.deepEqual(wide, [], `${entry.name} at ${width}`);
    }
  }
});

test('the overview names every command, a group its own', () => {
  const own = COMMANDS.filter(({ name, hidden }) => hidden !== true && !name.includes(' '));
  for (const { name } of [...own, ...GROUPS]) assert.match(overview(79), new RegExp(`^  ${name} `, 'm'));
  for (const group of GROUPS) {
    for (const word of Object.keys(group.words)) assert.match(groupHelp(group, 79), new RegExp(`^  ${word} `, 'm'));
  }
});

test('the help of a small command, whole', async () => {
  const version = COMMANDS.find(({ name }) => name === 'version');
  assert.ok(version);
  const help = commandHelp(await version.load(), 79);
  assert.equal(
    help.slice(0, help.indexOf('Global Options')),
    `Usage:  dray version [OPTIONS]

Show the version of dray and of what it runs on.

Examples:
  # For people
  $ dray version
  # The number alone
  $ dray version --format '{{.Client.Version}}'

Options:
  -f, --format <TEMPLATE>   "json", or a Go template
      --json                Print one JSON document

`,
  );
});
