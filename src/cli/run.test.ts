import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrayError, type ErrorCode } from '#errors';
import { fakeContext } from './fake-context.test.fixture.ts';
import { interruption } from './interruption.ts';
import { run } from './run.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

test("exit statuses: docker's for its commands, the family's for the others", async () => {
  const cases: readonly (readonly [ErrorCode, number, number])[] = [
    ['INVALID_REFERENCE', 1, 2],
    ['INVALID_OPTION', 125, 2],
    ['UNAUTHORIZED', 1, 3],
    ['MANIFEST_UNKNOWN', 1, 4],
    ['CONNECT_FAILED', 1, 5],
    ['ENDPOINTS_EXHAUSTED', 1, 5],
    ['DIGEST_MISMATCH', 1, 6],
    ['DISK_FULL', 1, 7],
    ['CANCELLED', 130, 130],
    ['BUG', 70, 70],
  ];
  for (const [code, dockers, ours] of cases) {
    const fail = async (): Promise<never> => {
      throw new DrayError(code, 'it broke', { hint: 'mend it' });
    };
    const pull = fakeContext({ dray: { pull: fail } });
    assert.equal(await run(['pull', 'alpine'], pull), dockers, code);
    assert.match(pull.err(), /^dray: it broke\nhint: /, code);
    assert.equal(pull.out(), '');
    assert.ok(pull.closed(), 'closed after a failure too');
    for (const [name, verb] of [
      ['digest', { digest: fail }],
      ['tags', { tags: fail }],
      ['manifest', { manifest: fail }],
      ['config', { config: fail }],
    ] as const) {
      const context = fakeContext({ dray: verb });
      assert.equal(await run([name, 'alpine'], context), ours, `${name} ${code}`);
    }
  }
});

test("a bad command line ends with docker's 125 or 1, with 2 where docker has no such command", async () => {
  const cases: readonly (readonly [string, number])[] = [
    ['pull --nonsense x', 125],
    ['pull', 1],
    ['images --nonsense', 125],
    ['digest --nonsense x', 2],
    ['digest', 2],
    ['tags a b', 2],
    ['nonsense', 1],
    ['--nonsense pull x', 125],
    ['pull --anonymous --creds a:b x', 125],
    ['digest --anonymous --creds a:b x', 2],
    ['digest --creds a:b --creds-stdin x', 2],
  ];
  for (const [line, status] of cases) {
    const context = fakeContext();
    assert.equal(await run(line.split(' '), context), status, line);
    assert.match(context.err(), /^dray: /, line);
    assert.equal(context.asked(), undefined, `${line}: nothing is asked`);
  }
});

test('an error of no known kind is a bug of dray, in one line and a hint', async () => {
  const digest = async (): Promise<string> => {
    throw new TypeError('x is not\na function');
  };
  const context = fakeContext({ dray: { digest } });
  assert.equal(await run(['digest', 'alpine'], context), 70);
  assert.equal(
    context.err(),
    'dray: this is a bug of dray: x is not\n  a function\n' +
      'hint: please report it where you got dray from, with what the same command prints with --log-level debug\n',
  );
  for (const flags of [['--log-level', 'debug'], ['--debug'], ['-D']]) {
    const debug = fakeContext({ dray: { digest } });
    assert.equal(await run([...flags, 'digest', 'alpine'], debug), 70);
    assert.match(debug.err(), /\[BUG\] DrayError: [\s\S]*\ncaused by TypeError: x is not\n {4}/);
    assert.match(debug.err(), /run\.test/, 'the stack');
  }
});

test('a file of dray that is missing is no bug of dray', async () => {
  const digest = async (): Promise<string> => {
    // the path is not known to the compiler, as that of a file beside the bundle is not
    const missing = './dray-nothing.mjs';
    return ((await import(missing)) as { digest: string }).digest;
  };
  const context = fakeContext({ dray: { digest } });
  assert.equal(await run(['digest', 'alpine'], context), 7);
  assert.match(context.err(), /^dray: a part of dray is missing: Cannot find module .*dray-nothing\.mjs/);
});

test('text from a server in an error cannot draw, nor pretend to be a line of its own', async () => {
  const digest = async (): Promise<string> => {
    throw new DrayError('DENIED', 'refused: \u001b[2J\u001b]0;x\u0007\r\ndray: all is well', {
      hint: 'a\u001b[1Ab\nc',
    });
  };
  for (const flags of [[], ['--progress', 'json'], ['--debug']]) {
    const context = fakeContext({ dray: { digest } });
    await run([...flags, 'digest', 'alpine'], context);
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(context.err(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.doesNotMatch(context.err(), /\ndray:/);
  }
});

test('with --progress json the error is a line of JSON', async () => {
  const digest = async (): Promise<string> => {
    throw new DrayError('DENIED', 'refused', { hint: 'log in' });
  };
  const context = fakeContext({ dray: { digest } });
  assert.equal(await run(['digest', '--progress=json', 'alpine'], context), 3);
  assert.deepEqual(JSON.parse(context.err()), { kind: 'error', code: 'DENIED', message: 'refused', hint: 'log in' });
});

test('an interruption ends with the status of its signal', async () => {
  const cases = [
    ['SIGINT', 130, /^dray: stopped by SIGINT\nhint: what was downloaded is kept; the same command continues it\n$/],
    ['SIGTERM', 143, /^dray: stopped by SIGTERM\n/],
    ['SIGPIPE', 141, /^$/],
  ] as const;
  for (const [signal, status, expected] of cases) {
    const controller = new AbortController();
    const context = fakeContext({
      signal: controller.signal,
      dray: {
        pull: (_reference, options) =>
          new Promise((_resolve, reject) => {
            options?.signal?.addEventListener('abort', () => reject(interruption(signal)));
            controller.abort(interruption(signal));
          }),
      },
    });
    assert.equal(await run(['pull', 'alpine'], context), status);
    assert.match(context.err(), expected);
  }
});

test('what fails after the signal has the status of the signal', async () => {
  const controller = new AbortController();
  const digest = async (): Promise<string> => {
    controller.abort(interruption('SIGTERM'));
    throw new DrayError('CONNECTION_LOST', 'the connection broke');
  };
  assert.equal(await run(['digest', 'x'], fakeContext({ dray: { digest }, signal: controller.signal })), 143);
});

test('flags become the options of the library', async () => {
  const digest = async (): Promise<string> => DIGEST;
  const context = fakeContext({ dray: { digest }, env: { DRAY_ROOT: '/elsewhere' } });
  const line =
    '--root /r digest --config /c --insecure --ca ca.pem --cert-dir certs --creds me:a:b --mirror https://m --proxy socks5://p ' +
    '--header X-A=1 --retry 2 --stall-timeout 10s --limit-rate 1M --concurrency 9 --no-sync alpine';
  assert.equal(await run(line.split(' '), context), 0);
  assert.equal(context.out(), `${DIGEST}\n`);
  assert.deepEqual(context.asked(), {
    env: { DRAY_ROOT: '/elsewhere' },
    root: '/r',
    configDir: '/c',
    mirrors: ['https://m'],
    insecure: true,
    caFile: 'ca.pem',
    certDir: 'certs',
    credentials: { username: 'me', password: 'a:b' },
    anonymous: undefined,
    proxy: 'socks5://p',
    headers: { 'X-A': '1' },
    retries: 2,
    stallTimeout: 10_000,
    limitRate: 1_048_576,
    concurrency: 9,
    sync: false,
  });
});

test('credentials from stdin', async () => {
  const cases: readonly (readonly [string, string, object | undefined])[] = [
    ['--creds-stdin', 'me:secret\n', { username: 'me', password: 'secret' }],
    ['--creds-stdin --creds me', 'se:cret\r\n', { username: 'me', password: 'se:cret' }],
    ['--creds-stdin', 'me\n', undefined],
    ['--creds-stdin', ':secret', undefined],
    ['--creds me', '', undefined],
    ['--creds-stdin', 'x'.repeat(70_000), undefined],
  ];
  for (const [flags, stdin, credentials] of cases) {
    const context = fakeContext({ stdin, dray: { digest: async () => DIGEST } });
    const status = await run(['digest', ...flags.split(' '), 'alpine'], context);
    assert.equal(status === 0, credentials !== undefined, `${flags} ${context.err()}`);
    assert.deepEqual(context.asked()?.credentials, credentials);
    assert.ok(!context.err().includes('secret'));
  }
});

test('what the commands for registries print', async () => {
  const bytes = Buffer.from('{"a":[1],  "b":"\\u001b\u0085"}');
  const descriptor = { mediaType: 'x', digest: DIGEST, size: bytes.length };
  const pretty = '{\n  "a": [\n    1\n  ],\n  "b": "\\u001b\\u0085"\n}\n';
  const cases: readonly (readonly [string, string])[] = [
    ['manifest x', pretty],
    ['manifest --json x', pretty],
    ['manifest --raw x', bytes.toString()],
    ['config x', pretty],
    ['config --raw x', bytes.toString()],
    ['digest x', `${DIGEST}\n`],
    ['digest --json x', `{\n  "reference": "x",\n  "digest": "${DIGEST}"\n}\n`],
    ['tags x', 'v1\nv2\n'],
    ['tags --json x', '{\n  "name": "x",\n  "tags": [\n    "v1",\n    "v2"\n  ]\n}\n'],
  ];
  for (const [line, out] of cases) {
    const context = fakeContext({
      dray: {
        manifest: async () => ({ fullName: 'x', descriptor, bytes }),
        config: async () => bytes,
        digest: async () => DIGEST,
        tags: async () => ['v1', 'v2'],
      },
    });
    assert.equal(await run(line.split(' '), context), 0, context.err());
    assert.equal(context.out(), out, line);
  }
});

test('a platform reaches the verb, and talk goes to stderr alone', async () => {
  for (const name of ['manifest', 'config', 'digest'] as const) {
    let platform: string | undefined;
    const verb = async (
      _reference: string,
      options?: { platform?: string | undefined; onEvent?: (event: never) => void },
    ) => {
      platform = options?.platform;
      options?.onEvent?.({ kind: 'warning', text: 'odd' } as never);
      return name === 'digest'
        ? DIGEST
        : name === 'config'
          ? Buffer.from('{}')
          : { fullName: 'x', bytes: Buffer.from('{}') };
    };
    const context = fakeContext({ dray: { [name]: verb } });
    assert.equal(await run([name, '--platform', 'linux/arm64', 'x'], context), 0);
    assert.equal(platform, 'linux/arm64');
    assert.equal(context.err(), 'WARNING: odd\n');
    assert.ok(!context.out().includes('odd'));
  }
});

test('version and help', async () => {
  const number = /\d+\.\d+\.\d+\S*/;
  const short = fakeContext();
  assert.equal(await run(['--version'], short), 0);
  assert.match(short.out(), new RegExp(`^dray version ${number.source}\n$`));
  const long = fakeContext();
  assert.equal(await run(['version'], long), 0);
  assert.match(long.out(), /^Client:\n Version: {11}\d\S*\n Node version: {6}v\d\S*\n OS\/Arch: {11}\w+\/\w+\n$/);
  const template = fakeContext();
  assert.equal(await run(['version', '--format', '{{.Client.Version}} {{.Server}}'], template), 0);
  assert.match(template.out(), new RegExp(`^${number.source} <nil>\n$`));
  const json = fakeContext();
  assert.equal(await run(['version', '-f', 'json'], json), 0);
  assert.deepEqual(Object.keys(JSON.parse(json.out()).Client), ['Version', 'NodeVersion', 'Os', 'Arch']);
  for (const line of [
    ['--help'],
    [],
    ['help'],
    ['help', 'pull'],
    ['pull', '--help'],
    ['image', '--help'],
    ['help', 'image', 'ls'],
  ]) {
    const context = fakeContext();
    assert.equal(await run(line, context), 0);
    assert.match(context.out(), /^Usage: {2}dray /, line.join(' '));
    assert.equal(context.err(), '');
  }
});

test('a full disk under stdout is told as such', async () => {
  const context = fakeContext({ dray: { digest: async () => DIGEST } });
  context.stdout._write = (_chunk, _encoding, done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  context.stdout.on('error', () => {});
  assert.equal(await run(['digest', 'x'], context), 7);
  assert.match(context.err(), /^dray: cannot write the output: no space\n/);
});
