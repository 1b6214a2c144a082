import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode, isDrayError } from '#errors';
import type { Credential, Keychain } from '../types.ts';
import { createKeychain, type KeychainOptions } from './keychain.ts';
import { heldClock, writeHelper } from './support.test.ts';

const root = mkdtempSync(join(tmpdir(), 'dray-keychain-'));
after(() => rmSync(root, { recursive: true }));

let files = 0;
function fileOf(content: unknown): string {
  const path = join(root, `config-${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const auth = (user: string): string => Buffer.from(user).toString('base64');

/** Who is found, in a few letters. */
async function found(keychain: Keychain, host: string, repository?: string): Promise<string> {
  const one = await keychain(host, { repository });
  if (one === undefined) return 'nobody';
  const { username, password, identityToken, registryToken } = one;
  return [
    username && `${username}:${password ?? ''}`,
    identityToken && `identity ${identityToken}`,
    registryToken && `registry ${registryToken}`,
  ]
    .filter(Boolean)
    .join(' ');
}

const docker = (content: unknown, more: KeychainOptions = {}): Keychain =>
  createKeychain({ dockerConfigFile: fileOf(content), ...more });
const podman = (content: unknown): Keychain => createKeychain({ podmanFiles: [fileOf(content)] });

test('a keychain of nothing finds nothing', async () => {
  assert.equal(await found(createKeychain({}), 'docker.io'), 'nobody');
  assert.equal(
    await found(
      createKeychain({ dockerConfigFile: join(root, 'none.json'), podmanFiles: [join(root, 'none')] }),
      'docker.io',
    ),
    'nobody',
  );
  assert.equal(await found(docker(''), 'docker.io'), 'nobody');
  assert.equal(await found(createKeychain({ registryAuthFile: '/dev/null' }), 'docker.io'), 'nobody');
});

const HUB = 'https://index.docker.io/v1/';

const lookups: readonly [what: string, auths: Readonly<Record<string, unknown>>, host: string, expected: string][] = [
  ['a host', { 'ghcr.io': { auth: auth('a:b') } }, 'ghcr.io', 'a:b'],
  ['another host', { 'ghcr.io': { auth: auth('a:b') } }, 'quay.io', 'nobody'],
  ['a host with a port', { 'h:5000': { auth: auth('a:b') } }, 'h:5000', 'a:b'],
  ['another port', { 'h:5000': { auth: auth('a:b') } }, 'h:5001', 'nobody'],
  ['no port', { 'h:5000': { auth: auth('a:b') } }, 'h', 'nobody'],
  ['Docker Hub', { [HUB]: { auth: auth('a:b') } }, 'docker.io', 'a:b'],
  ['Docker Hub by another name', { 'docker.io': { auth: auth('a:b') } }, 'docker.io', 'a:b'],
  [
    'Docker Hub by its best key',
    { 'docker.io': { auth: auth('x:y') }, [HUB]: { auth: auth('a:b') } },
    'docker.io',
    'a:b',
  ],
  ["Docker Hub's other tokens", { [`${HUB}refresh-token`]: { auth: auth('a:b') } }, 'docker.io', 'nobody'],
  ['a scheme and a path', { 'https://h:5000/v2/': { auth: auth('a:b') } }, 'h:5000', 'a:b'],
  ['a path that docker strips', { 'quay.io/team': { auth: auth('a:b') } }, 'quay.io', 'a:b'],
  ['the host itself first', { 'https://h/v1/': { auth: auth('x:y') }, h: { auth: auth('a:b') } }, 'h', 'a:b'],
  ['a pattern', { '*.corp.example': { auth: auth('a:b') } }, 'reg.corp.example', 'a:b'],
  [
    'a host before a pattern',
    { '*.corp.example': { auth: auth('x:y') }, 'reg.corp.example': { auth: auth('a:b') } },
    'reg.corp.example',
    'a:b',
  ],
  ['a pattern too wide', { '*.example': { auth: auth('a:b') } }, 'corp.example', 'nobody'],
  ['an address of IPv6', { '[::1]:5000': { auth: auth('a:b') } }, '[::1]:5000', 'a:b'],
  ['user and password apart', { h: { username: 'a', password: 'b' } }, 'h', 'a:b'],
  ['auth before user and password', { h: { auth: auth('a:b'), username: 'x', password: 'y' } }, 'h', 'a:b'],
  ['colons in the password', { h: { auth: auth('a:b:c') } }, 'h', 'a:b:c'],
  ['letters beyond ASCII', { h: { auth: auth('\u00e4:\u20ac') } }, 'h', '\u00e4:\u20ac'],
  ['NULs after the password', { h: { auth: auth('a:b\0\0') } }, 'h', 'a:b'],
  ['an identity token', { h: { auth: auth('a:'), identitytoken: 't' } }, 'h', 'a: identity t'],
  ['a registry token', { h: { registrytoken: 't' } }, 'h', 'registry t'],
  ['an empty entry', { h: {} }, 'h', 'nobody'],
  ['an entry without a password', { h: { auth: auth('a:') } }, 'h', 'nobody'],
  ['a name from Object', {}, 'constructor', 'nobody'],
];

for (const [what, auths, host, expected] of lookups) {
  test(`config.json: ${what}`, async () => assert.equal(await found(docker({ auths }), host), expected));
}

test("podman's files: the most specific path wins, and a path is for itself alone", async () => {
  const keychain = podman({
    auths: {
      'quay.io/team/app': { auth: auth('app:1') },
      'quay.io/team': { auth: auth('team:1') },
      'quay.io': { auth: auth('host:1') },
      'ghcr.io/one': { auth: auth('one:1') },
    },
  });
  assert.equal(await found(keychain, 'quay.io', 'team/app'), 'app:1');
  assert.equal(await found(keychain, 'quay.io', 'team/app/x'), 'app:1');
  assert.equal(await found(keychain, 'quay.io', 'team/other'), 'team:1');
  assert.equal(await found(keychain, 'quay.io', 'else/app'), 'host:1');
  assert.equal(await found(keychain, 'quay.io'), 'host:1');
  assert.equal(await found(keychain, 'ghcr.io', 'one/app'), 'one:1');
  assert.equal(await found(keychain, 'ghcr.io', 'two/app'), 'nobody');
  assert.equal(await found(keychain, 'ghcr.io'), 'nobody');
});

test('the sources in their order, each host by itself', async () => {
  const one = (user: string): unknown => ({
    auths: { [user]: { auth: auth(`${user}:1`) }, all: { auth: auth(`${user}:1`) } },
  });
  const options: KeychainOptions = {
    explicit: { explicit: { username: 'explicit', password: '1' }, all: { username: 'explicit', password: '1' } },
    authConfigText: JSON.stringify(one('variable')),
    dockerConfigFile: fileOf(one('docker')),
    registryAuthFile: fileOf(one('registry')),
    podmanFiles: [fileOf(one('podman1')), fileOf(one('podman2'))],
  };
  const order = ['explicit', 'variable', 'docker', 'registry', 'podman1', 'podman2'];
  for (const user of order) assert.equal(await found(createKeychain(options), user), `${user}:1`);
  assert.equal(await found(createKeychain(options), 'other'), 'nobody');
  const left: Record<string, unknown> = { ...options };
  for (const [at, key] of ['explicit', 'authConfigText', 'dockerConfigFile', 'registryAuthFile'].entries()) {
    assert.equal(await found(createKeychain(left), 'all'), `${order[at]}:1`);
    delete left[key];
  }
  assert.equal(await found(createKeychain({ ...options, anonymous: true }), 'all'), 'nobody');
});

test('explicit credentials are for their host alone', async () => {
  const explicit: Record<string, Credential> = { 'index.docker.io': { username: 'a', password: 'b' } };
  assert.equal(await found(createKeychain({ explicit }), 'docker.io'), 'a:b');
  assert.equal(await found(createKeychain({ explicit }), 'mirror.example'), 'nobody');
});

const malformed: readonly [what: string, content: unknown][] = [
  ['not JSON', '{"auths": {"h": {"auth": "hunter2"}'],
  ['a list', []],
  ['a text', '"hunter2"'],
  ['auths as a list', { auths: [] }],
  ['auths as a text', { auths: 'hunter2' }],
  ['an entry as a text', { auths: { h: 'hunter2' } }],
  ['auth as a number', { auths: { h: { auth: 5 } } }],
  ['auth without a colon', { auths: { h: { auth: auth('hunter2') } } }],
  ['auth without a user', { auths: { h: { auth: auth(':hunter2') } } }],
  ['auth that is not base64', { auths: { h: { auth: '!hunter2!' } } }],
  ['credsStore as an object', { credsStore: {} }],
  ['a helper as a number', { credHelpers: { h: 5 } }],
  ['a helper with a path', { credHelpers: { h: '../evil' } }],
  ['too large', ' '.repeat(8_388_609)],
];

for (const [what, content] of malformed) {
  test(`a malformed file (${what}) is an error that names it and quotes nothing`, async () => {
    const path = fileOf(content);
    for (const keychain of [createKeychain({ dockerConfigFile: path }), createKeychain({ registryAuthFile: path })]) {
      await assert.rejects(keychain('h'), (error) => {
        assert.ok(hasCode(error, 'INVALID_CONFIGURATION'), String(error));
        assert.ok(error.message.includes(path) || error.message.includes('evil'), error.message);
        assert.ok(!JSON.stringify([error.message, error.hint, error.detail, String(error.cause)]).includes('hunter2'));
        return true;
      });
    }
  });
}

test('what is malformed for one host does no harm to another', async () => {
  const keychain = docker({ auths: { bad: { auth: '!' }, good: { auth: auth('a:b') } } });
  assert.equal(await found(keychain, 'good'), 'a:b');
});

test('a folder in place of a file, or DOCKER_AUTH_CONFIG that is no JSON, is an error', async () => {
  await assert.rejects(
    createKeychain({ dockerConfigFile: root })('h'),
    (error) => hasCode(error, 'INVALID_CONFIGURATION') && error.message.includes(root),
  );
  await assert.rejects(
    createKeychain({ authConfigText: 'hunter2' })('h'),
    (error) => hasCode(error, 'INVALID_CONFIGURATION') && /DOCKER_AUTH_CONFIG is not valid JSON/.test(error.message),
  );
});

test('a file is read when it is asked for, and again when it has changed', async () => {
  const path = join(root, 'later.json');
  const keychain = createKeychain({ dockerConfigFile: path });
  assert.equal(await found(keychain, 'h'), 'nobody');
  writeFileSync(path, JSON.stringify({ auths: { h: { auth: auth('a:b') } } }));
  assert.equal(await found(keychain, 'h'), 'a:b');
  writeFileSync(path, JSON.stringify({ auths: { h: { auth: auth('a:other') } } }));
  assert.equal(await found(keychain, 'h'), 'a:other');
});

const bin = join(root, 'bin');
mkdirSync(bin);
const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
/** Keeps what it is asked in a file, and knows one secret per server. */
writeHelper(
  bin,
  'vault',
  `
  const secrets = { 'https://index.docker.io/v1/': ['hub', 's1'], 'h:5000': ['ann', 's2'], 'id.example': ['<token>', 's3'], 'reg.corp.example': ['corp', 's4'] };
  require('node:fs').appendFileSync(__dirname + '/asked', action + ' ' + input + '\\n');
  const one = secrets[input];
  if (!one) { process.stdout.write('credentials not found in native keychain\\n'); process.exit(1); }
  console.log(JSON.stringify({ ServerURL: input, Username: one[0], Secret: one[1] }));
`,
);
const asked = (): string[] => {
  const lines = readFileSync(join(bin, 'asked'), 'utf8').trim().split('\n');
  rmSync(join(bin, 'asked'));
  return lines;
};

test('credsStore: every host is asked of the helper, by docker’s key', async () => {
  const keychain = docker(
    { credsStore: 'vault', auths: { 'h:5000': { registrytoken: 'rt' }, none: { auth: auth('file:1') } } },
    { env },
  );
  assert.equal(await found(keychain, 'docker.io'), 'hub:s1');
  assert.equal(await found(keychain, 'h:5000'), 'ann:s2 registry rt', 'what helpers do not keep comes from the file');
  assert.equal(await found(keychain, 'id.example'), 'identity s3');
  assert.equal(await found(keychain, 'none'), 'nobody', 'the helper has the say');
  assert.deepEqual(asked(), [`get ${HUB}`, 'get h:5000', 'get id.example', 'get none']);
});

test('credHelpers: for its hosts alone, by pattern too; an empty one means the file', async () => {
  const keychain = docker(
    {
      credHelpers: { 'h:5000': 'vault', '*.corp.example': 'vault', file: '' },
      credsStore: 'missing',
      auths: { file: { auth: auth('file:1') } },
    },
    { env },
  );
  assert.equal(await found(keychain, 'h:5000'), 'ann:s2');
  assert.equal(await found(keychain, 'reg.corp.example'), 'corp:s4');
  assert.equal(await found(keychain, 'file'), 'file:1');
  assert.deepEqual(asked(), ['get h:5000', 'get reg.corp.example']);
});

test('a helper that is missing is an error for its hosts, and nobody else is given their credentials', async () => {
  const keychain = docker(
    { credHelpers: { 'h:5000': 'missing' }, credsStore: 'vault', auths: { 'h:5000': { auth: auth('file:1') } } },
    { env: { PATH: bin } },
  );
  await assert.rejects(keychain('h:5000'), (error) => {
    assert.ok(hasCode(error, 'CREDENTIALS_UNAVAILABLE'), String(error));
    assert.match(error.message, /docker-credential-missing is not in PATH/);
    assert.ok(error.message.includes(bin));
    return true;
  });
});

test('a helper is asked once, however many want to know, until its answer is old', async () => {
  const clock = heldClock();
  const keychain = docker({ credsStore: 'vault' }, { env, clock });
  await Promise.all(Array.from({ length: 20 }, () => keychain('h:5000')));
  await keychain('h:5000');
  assert.deepEqual(asked(), ['get h:5000']);
  await clock.pass(300_001);
  await keychain('h:5000');
  assert.deepEqual(asked(), ['get h:5000']);
});

test('a helper that fails is not asked again at once', async () => {
  writeHelper(
    bin,
    'broken',
    `require('node:fs').appendFileSync(__dirname + '/asked', 'x\\n'); console.log('locked'); process.exit(3);`,
  );
  const keychain = docker({ credsStore: 'broken' }, { env });
  for (let at = 0; at < 3; at++)
    await assert.rejects(keychain('h'), (error) => isDrayError(error) && /status 3: locked/.test(error.message));
  assert.deepEqual(asked(), ['x']);
});

test("podman's files have helpers, too, asked by the plain name of the host", async () => {
  const keychain = createKeychain({
    podmanFiles: [fileOf({ credHelpers: { 'docker.io': 'vault', 'h:5000': 'vault' } })],
    env,
  });
  assert.equal(await found(keychain, 'h:5000'), 'ann:s2');
  assert.equal(await found(keychain, 'docker.io'), 'nobody');
  assert.deepEqual(asked(), ['get h:5000', 'get docker.io']);
});

test('a file that cannot be read is an error that names it', async () => {
  const path = join(root, 'loop.json');
  symlinkSync(path, path);
  await assert.rejects(
    createKeychain({ dockerConfigFile: path })('h'),
    (error) => hasCode(error, 'INVALID_CONFIGURATION') && error.message === `cannot read ${path}: ELOOP`,
  );
});
