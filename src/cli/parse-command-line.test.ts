import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OptionValues } from 'commander';
import { type Command, defineCommand } from './command.ts';
import { exportCommand } from './commands/export.ts';
import { images } from './commands/images.ts';
import { login } from './commands/login.ts';
import { manifest } from './commands/manifest.ts';
import { pull } from './commands/pull.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { UsageError } from './usage-error.ts';

/** Without the values that are there when no flag is given. */
function given(flags: OptionValues): OptionValues {
  const defaults: OptionValues = { color: true, store: true, verifyLayers: true, sync: true, trunc: true };
  return Object.fromEntries(Object.entries(flags).filter(([name, value]) => defaults[name] !== value));
}

test('flags are read as docker reads them', () => {
  const cases: readonly (readonly [Command, string, OptionValues, readonly string[]])[] = [
    [pull, 'alpine', {}, ['alpine']],
    [pull, '-q alpine debian', { quiet: true }, ['alpine', 'debian']],
    [pull, 'alpine -aq', { allTags: true, quiet: true }, ['alpine']],
    [pull, '--all-tags=true --quiet=false alpine', { allTags: true }, ['alpine']],
    [pull, '-a=1 -q=f alpine', { allTags: true }, ['alpine']],
    [pull, '-o out.tar alpine', { output: 'out.tar' }, ['alpine']],
    [pull, '-oout.tar alpine', { output: 'out.tar' }, ['alpine']],
    [pull, '-o=out.tar alpine', { output: 'out.tar' }, ['alpine']],
    [pull, '--output=a=b.tar alpine', { output: 'a=b.tar' }, ['alpine']],
    [pull, '-o - alpine', { output: '-' }, ['alpine']],
    [pull, '--platform linux/amd64 --platform=linux/arm64 x', { platform: ['linux/amd64', 'linux/arm64'] }, ['x']],
    [pull, '--no-store --no-verify-layers -o x y', { store: false, verifyLayers: false, output: 'x' }, ['y']],
    [pull, '--no-sync=false --no-store=true -o x y', { store: false, output: 'x' }, ['y']],
    [pull, '--disable-content-trust=false x', {}, ['x']],
    [pull, '--disable-content-trust x', { disableContentTrust: true }, ['x']],
    [pull, 'x --root /r --progress plain -l debug', { root: '/r', progress: 'plain', logLevel: 'debug' }, ['x']],
    [pull, '-D --no-color x', { debug: true, color: false }, ['x']],
    [pull, '-- -q', {}, ['-q']],
    [pull, '--creds u:p=q x', { creds: 'u:p=q' }, ['x']],
    [
      pull,
      '--retry 0 --stall-timeout 1m --limit-rate 10M --concurrency 3 x',
      { retry: 0, stallTimeout: 60_000, limitRate: 10_485_760, concurrency: 3 },
      ['x'],
    ],
    [
      pull,
      '--mirror https://a --mirror b:5000 --header A=1 --header B=2 x',
      {
        mirror: ['https://a', 'b:5000'],
        header: [
          ['A', '1'],
          ['B', '2'],
        ],
      },
      ['x'],
    ],
    [pull, '--retry 1 --retry 2 x', { retry: 2 }, ['x']],
    [images, '--no-trunc --digests', { trunc: false, digests: true }, []],
    [login, '-u me -p secret host', { username: 'me', password: 'secret' }, ['host']],
  ];
  for (const [command, line, flags, operands] of cases) {
    const parsed = parseCommandLine(
      command,
      line.split(' ').filter((word) => word !== ''),
    );
    assert.deepEqual(given(parsed.flags), flags, line);
    assert.deepEqual(parsed.operands, operands, line);
    assert.equal(parsed.help, false, line);
  }
});

test('help is asked for with --help or -h, whatever else is wrong', () => {
  for (const line of [['--help'], ['-h'], ['--help', 'x', 'y'], ['x', '-h']]) {
    assert.equal(parseCommandLine(images, line).help, true, line.join(' '));
  }
});

test("what cannot be read is refused, in docker's words", () => {
  const cases: readonly (readonly [Command, string, string, 125 | 1])[] = [
    [pull, '', "'dray pull' requires at least 1 argument", 1],
    [images, 'a b', "'dray images' requires at most 1 argument", 1],
    [manifest, 'inspect a', "'dray manifest' requires 1 argument: leave out 'inspect'", 1],
    [manifest, 'a b c', "'dray manifest' requires 1 argument", 1],
    [manifest, 'a out.tar', "'dray manifest' requires 1 argument", 1],
    [exportCommand, 'a out.tar', "'dray export' requires 1 argument: to write to a file, say -o out.tar", 1],
    [exportCommand, 'a -', "'dray export' requires 1 argument: to write to a file, say -o -", 1],
    [exportCommand, 'a b', "'dray export' requires 1 argument", 1],
    [pull, '--platfrom x y', 'unknown flag: --platfrom; did you mean --platform?', 125],
    [pull, '--xyzzy y', 'unknown flag: --xyzzy', 125],
    [pull, '--xyzzy=secret y', 'unknown flag: --xyzzy', 125],
    [pull, '-x y', "unknown shorthand flag: 'x' in -x", 125],
    [pull, 'y --platform', 'flag needs an argument: --platform', 125],
    [pull, 'y -o', 'flag needs an argument: --output', 125],
    [pull, '--quiet=maybe y', 'invalid argument "maybe" for "--quiet" flag: true or false is wanted', 125],
    [
      pull,
      '--as zip y',
      'invalid argument "zip" for "--as" flag: choose one of docker-archive, oci-archive, oci-dir',
      125,
    ],
    [pull, '--retry=101 y', 'invalid argument "101" for "--retry" flag: a whole number from 0 to 100 is wanted', 125],
    [
      pull,
      '--concurrency=65 y',
      'invalid argument "65" for "--concurrency" flag: a whole number from 1 to 64 is wanted',
      125,
    ],
    [pull, '--output= y', 'invalid argument "" for "--output" flag: it is empty', 125],
    [login, '--mirror https://x', 'unknown flag: --mirror', 125],
  ];
  for (const [command, line, message, dockerStatus] of cases) {
    assert.throws(
      () =>
        parseCommandLine(
          command,
          line.split(' ').filter((word) => word !== ''),
        ),
      (error) => {
        assert.ok(error instanceof UsageError, line);
        assert.equal(error.message, message);
        assert.equal(error.dockerStatus, dockerStatus, line);
        return true;
      },
    );
  }
});

test('a command without operands says so', () => {
  const bare = defineCommand({
    name: 'bare',
    usage: '',
    description: '',
    operands: { min: 0, max: 0 },
    isDockers: false,
    registry: 'none',
    flags: () => [],
    examples: [],
    run: async () => {},
  });
  assert.throws(() => parseCommandLine(bare, ['x']), { message: "'dray bare' accepts no arguments" });
});
