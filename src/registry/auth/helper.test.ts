import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type DrayError, hasCode, isDrayError } from '#errors';
import { createHelper, type Helper } from './helper.ts';
import { findHelper, helperName, programFiles } from './helper-program.ts';
import { writeHelper } from './support.test.ts';

const bin = mkdtempSync(join(tmpdir(), 'dray-helper-'));
after(() => rmSync(bin, { recursive: true }));
const env = { PATH: `/usr/bin:/bin:${bin}`, VAULT: join(bin, 'vault.json') };

let made = 0;
function helperOf(program: string, timeout?: number): Helper {
  const suffix = `h${made++}`;
  writeHelper(bin, suffix, program);
  return createHelper(suffix, { env, timeout });
}

/** The error, checked for the secret on the way. */
async function failure(work: Promise<unknown>): Promise<DrayError> {
  const error: unknown = await work.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  assert.ok(isDrayError(error), String(error));
  assert.ok(
    !JSON.stringify([error.message, error.hint, error.detail, String(error.cause)]).includes('hunter2'),
    error.message,
  );
  return error;
}

/** A helper that works: a JSON file is its vault. */
const VAULT = `
  const fs = require('node:fs');
  const vault = fs.existsSync(process.env.VAULT) ? JSON.parse(fs.readFileSync(process.env.VAULT)) : {};
  const missing = () => { console.log('credentials not found in native keychain'); process.exit(1); };
  if (action === 'get') vault[input] ? console.log(JSON.stringify({ ServerURL: input, ...vault[input] })) : missing();
  if (action === 'list') console.log(JSON.stringify(Object.fromEntries(Object.entries(vault).map(([k, v]) => [k, v.Username]))));
  if (action === 'store') { const { ServerURL, ...rest } = JSON.parse(input); vault[ServerURL] = rest; }
  if (action === 'erase') vault[input] ? delete vault[input] : missing();
  fs.writeFileSync(process.env.VAULT, JSON.stringify(vault));
`;

test('store, list, get, erase', async () => {
  const helper = helperOf(VAULT);
  assert.equal(await helper.get('h:5000'), undefined);
  await helper.store('h:5000', { username: 'ann', password: 'hunter2 "\u00e4\u20ac' });
  await helper.store('id.example', { username: 'ann', identityToken: 'hunter2' });
  assert.deepEqual(JSON.parse(readFileSync(env.VAULT, 'utf8'))['id.example'], {
    Username: '<token>',
    Secret: 'hunter2',
  });
  assert.deepEqual(await helper.list(), ['h:5000', 'id.example']);
  assert.deepEqual(await helper.get('h:5000'), { username: 'ann', password: 'hunter2 "\u00e4\u20ac' });
  assert.deepEqual(await helper.get('id.example'), { identityToken: 'hunter2' });
  await helper.erase('h:5000');
  await helper.erase('h:5000');
  assert.equal(await helper.get('h:5000'), undefined);
});

test('a helper may be a shell script, and need not read its input', async () => {
  const path = join(bin, 'docker-credential-shell');
  writeFileSync(path, `#!/bin/sh\necho '{"ServerURL":"x","Username":"ann","Secret":"hunter2"}'\n`);
  chmodSync(path, 0o755);
  assert.deepEqual(await createHelper('shell', { env }).get('h'), { username: 'ann', password: 'hunter2' });
});

test('nothing secret is in the arguments', async () => {
  const helper = helperOf(
    `require('node:fs').writeFileSync(process.env.VAULT + '.argv', process.argv.slice(2).join(' '));`,
  );
  await helper.store('h', { username: 'ann', password: 'hunter2' });
  assert.equal(readFileSync(`${env.VAULT}.argv`, 'utf8'), 'store');
});

const failures: readonly [what: string, program: string, expected: RegExp][] = [
  [
    'a failure',
    `console.log('the vault is \\u001b[31mlocked'); process.exit(2);`,
    /could not get: it ended with status 2: the vault is locked$/,
  ],
  ['a failure without words', 'process.exit(2);', /could not get: it ended with status 2$/],
  [
    'a failure with the secret in its output',
    `console.log('{"Secret":"hunter2"}'); process.exit(2);`,
    /it ended with status 2$/,
  ],
  ['death by a signal', `process.kill(process.pid, 'SIGTERM');`, /it ended with status of a signal/],
  ['no JSON', `console.log('hunter2');`, /its answer is not/],
  ['no secret', `console.log('{"Username":"hunter2"}');`, /its answer is not/],
  ['a secret that is no text', `console.log('{"Username":"a","Secret":["hunter2"]}');`, /its answer is not/],
  ['nothing', '', /its answer is not/],
  [
    'output without end',
    `for (;;) require('node:fs').writeSync(1, 'hunter2'.repeat(10000));`,
    /it wrote more than 1048576 bytes and was stopped/,
  ],
];

for (const [what, program, expected] of failures) {
  test(`a helper that answers get with ${what}`, async () => {
    const error = await failure(helperOf(program).get('h'));
    assert.equal(error.code, 'CREDENTIALS_UNAVAILABLE');
    assert.match(error.message, expected);
  });
}

test('what a helper echoes when it cannot store is not repeated', async () => {
  const error = await failure(
    helperOf(`console.log('cannot keep ' + JSON.parse(input).Secret); process.exit(1);`).store('h', {
      username: 'a',
      password: 'hunter2',
    }),
  );
  assert.match(error.message, /could not store: it ended with status 1: cannot keep \*\*\*$/);
});

test('a helper that hangs is stopped, also when a child of it holds the pipe', async () => {
  const pipes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
  const before = pipes();
  assert.match(
    (await failure(helperOf('setInterval(() => {}, 1000);', 300).get('h'))).message,
    /took longer than 0\.3 s and was stopped/,
  );
  const path = join(bin, 'docker-credential-parent');
  writeFileSync(path, '#!/bin/sh\nsleep 150 &\nwait\n');
  chmodSync(path, 0o755);
  assert.match((await failure(createHelper('parent', { env, timeout: 300 }).get('h'))).message, /was stopped/);
  // A pipe that stays open would keep the process from its end, and this test too.
  while (pipes() > before) await new Promise(setImmediate);
});

test('a cancel stops a helper', async () => {
  const signal = AbortSignal.timeout(200);
  assert.equal((await failure(helperOf('setInterval(() => {}, 1000);').get('h', { signal }))).code, 'CANCELLED');
  assert.equal((await failure(helperOf('').get('h', { signal: AbortSignal.abort() }))).code, 'CANCELLED');
});

test('a server name with a line break starts nothing', async () => {
  const helper = helperOf(`require('node:fs').writeFileSync(process.env.VAULT + '.started', '');`);
  for (const server of ['h\nother', 'h\r', 'h\0', '\u001b', '']) {
    for (const call of [
      (): Promise<unknown> => helper.get(server),
      (): Promise<unknown> => helper.erase(server),
      () => helper.store(server, {}),
    ])
      assert.equal((await failure(Promise.resolve().then(call))).code, 'INVALID_OPTION');
  }
  assert.equal(existsSync(`${env.VAULT}.started`), false);
});

test('names of helpers', () => {
  for (const name of ['pass', 'ecr-login', 'desktop.exe', 'my_helper', 'a1'])
    assert.equal(helperName(name), `docker-credential-${name}`);
  for (const name of ['', '../x', 'a/b', 'a\\b', '.', '..', '-x', 'a b', 'a\nb', 'a;b', '$(x)'])
    assert.throws(
      () => createHelper(name, { env }),
      (error) => hasCode(error, 'INVALID_CONFIGURATION'),
      name,
    );
});

test('where helpers are looked for', async () => {
  const other = join(bin, 'other');
  mkdirSync(join(other, 'docker-credential-folder'), { recursive: true });
  writeHelper(bin, 'found', '');
  writeFileSync(join(bin, 'docker-credential-plain'), 'not executable');
  assert.equal(
    await findHelper('docker-credential-found', { PATH: `${other}::relative:${bin}` }),
    join(bin, 'docker-credential-found'),
  );
  assert.equal(await findHelper('docker-credential-found', { Path: bin }), join(bin, 'docker-credential-found'));
  process.chdir(bin);
  for (const path of [undefined, '', '.', ':', './', other]) {
    await assert.rejects(findHelper('docker-credential-found', { PATH: path }), (error) =>
      hasCode(error, 'CREDENTIALS_UNAVAILABLE'),
    );
  }
  await assert.rejects(findHelper('docker-credential-plain', { PATH: bin }), (error) =>
    hasCode(error, 'CREDENTIALS_UNAVAILABLE'),
  );
  await assert.rejects(findHelper('docker-credential-folder', { PATH: other }), (error) =>
    hasCode(error, 'CREDENTIALS_UNAVAILABLE'),
  );
});

test('on Windows a helper may be a program or a script', () => {
  assert.deepEqual(programFiles('docker-credential-x', 'linux'), ['docker-credential-x']);
  assert.deepEqual(programFiles('docker-credential-x', 'win32'), [
    'docker-credential-x.exe',
    'docker-credential-x.cmd',
    'docker-credential-x.bat',
  ]);
  assert.deepEqual(programFiles('docker-credential-desktop.exe', 'win32'), ['docker-credential-desktop.exe']);
});
