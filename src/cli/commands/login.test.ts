import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Input } from '../context.ts';
import { type FakeContext, fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

interface Login {
  readonly server: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

interface Outcome {
  readonly status: number;
  readonly context: FakeContext;
  readonly logins: readonly Login[];
}

async function login(line: string, stdin: string | Input, kind: 'file' | 'helper' = 'helper'): Promise<Outcome> {
  const logins: Login[] = [];
  const context = fakeContext({
    stdin,
    dray: {
      login: async (server, { username, password }) => {
        logins.push({ server, username, password });
        const storedIn = kind === 'file' ? { kind, path: '/home/me/.docker/config.json' } : { kind, name: 'pass' };
        return { server: server ?? 'https://index.docker.io/v1/', username, storedIn };
      },
    },
  });
  const status = await run(['login', ...line.split(' ').filter((word) => word !== '')], context);
  return { status, context, logins };
}

/** A terminal at which `keys` are typed, one after the other, while it is listened to. */
function terminal(keys: readonly string[]): Input & { readonly modes: boolean[] } {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    modes,
    setRawMode: (mode: boolean) => modes.push(mode),
  });
  for (const key of keys) input.write(key);
  return input;
}

test('a password from stdin', async () => {
  const { status, context, logins } = await login('-u user --password-stdin localhost:5000', 'p w:1\n');
  assert.equal(status, 0);
  assert.equal(context.out(), 'Login Succeeded\n');
  assert.equal(context.err(), '');
  assert.deepEqual(logins, [{ server: 'localhost:5000', username: 'user', password: 'p w:1' }]);
});

test("docker's warning where the file is not encrypted", async () => {
  const { context } = await login('-u user --password-stdin localhost:5000', 'pw', 'file');
  assert.equal(context.out(), 'Login Succeeded\n');
  assert.equal(
    context.err(),
    `
WARNING! Your credentials are stored unencrypted in '/home/me/.docker/config.json'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/

`,
  );
});

test('a password on the command line works, with a warning', async () => {
  const { status, context, logins } = await login('-u user -p pw', '');
  assert.equal(status, 0);
  assert.equal(context.err(), 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
  assert.deepEqual(logins, [{ server: undefined, username: 'user', password: 'pw' }]);
});

test('on a terminal both are asked for, the password without echo', async () => {
  const input = terminal(['me\n', 'sec', 'reX\u007ft\r']);
  const { status, context, logins } = await login('localhost:5000', input);
  assert.equal(status, 0, context.err());
  assert.equal(context.err(), 'Username: Password: \n');
  assert.deepEqual(input.modes, [true, false]);
  assert.deepEqual(logins, [{ server: 'localhost:5000', username: 'me', password: 'secret' }]);
});

test('both may arrive at once, as when they are pasted', async () => {
  const { logins } = await login('localhost:5000', terminal(['me\nsecret\n']));
  assert.deepEqual(logins, [{ server: 'localhost:5000', username: 'me', password: 'secret' }]);
});

test('Ctrl-C at the prompt ends it and gives the terminal back', async () => {
  const input = terminal(['sec\u0003']);
  const { status, logins } = await login('-u me', input);
  assert.equal(status, 130);
  assert.deepEqual(input.modes, [true, false]);
  assert.deepEqual(logins, []);
});

test('what docker refuses is refused', async () => {
  const cases: readonly (readonly [string, string | Input, RegExp])[] = [
    ['--password-stdin', 'pw', /^dray: Must provide --username with --password-stdin\n/],
    ['-u me -p pw --password-stdin', 'pw', /\ndray: --password and --password-stdin are mutually exclusive\n/],
    ['-u me', 'pw', /^dray: Cannot perform an interactive login from a non TTY device\n/],
    ['-u me --password-stdin', '\n', /^dray: a password is required\n/],
    ['', terminal([' \n']), /dray: a user name is required\n/],
  ];
  for (const [line, stdin, expected] of cases) {
    const { status, context, logins } = await login(line, stdin);
    assert.equal(status, 1, line);
    assert.match(context.err(), expected, line);
    assert.deepEqual(logins, [], line);
  }
});

test('logout says what it did', async () => {
  const cases: readonly (readonly [string, boolean, string])[] = [
    ['localhost:5000', true, 'Removing login credentials for localhost:5000\n'],
    ['https://localhost:5000/v2/', true, 'Removing login credentials for localhost:5000\n'],
    ['localhost:5000', false, 'Not logged in to localhost:5000\n'],
    ['', true, 'Removing login credentials for https://index.docker.io/v1/\n'],
    ['docker.io', false, 'Not logged in to https://index.docker.io/v1/\n'],
  ];
  for (const [server, removed, out] of cases) {
    const context = fakeContext({ dray: { logout: async () => removed } });
    assert.equal(await run(['logout', ...(server === '' ? [] : [server])], context), 0);
    assert.equal(context.out(), out);
  }
});
