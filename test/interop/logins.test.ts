import assert from 'node:assert/strict';
import { createHash, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createCertificate, helloImage } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { type DockerRegistry, sha256, startDockerRegistry } from './docker-registry.ts';
import { startDockerDaemon } from './dockerd.ts';
import { peerTest } from './peers.ts';
import { createUser, finish, run, type User } from './run.ts';

/** What breaks those who cut at the wrong colon, or encode for URLs. */
const ALICE = { name: 'alice', password: 's3cret: pass%2Fwörd+' };
const GRAPH = helloImage('amd64');
/** The status of commands that docker does not have, when a registry refuses. */
const DENIED = 3;
const NEEDS = ['docker-registry', 'htpasswd'];

let shared: Promise<DockerRegistry> | undefined;

async function lockedRegistry(): Promise<DockerRegistry> {
  const registry = await startDockerRegistry({ user: ALICE });
  await registry.push('team/app:1', GRAPH);
  return registry;
}

async function start(): Promise<{ readonly host: string; readonly reference: string; readonly user: User }> {
  shared ??= lockedRegistry();
  const { host } = await shared;
  return { host, reference: `${host}/team/app:1`, user: createUser() };
}

async function logIn(user: User, host: string): Promise<void> {
  const said = await user.dray(['login', '-u', ALICE.name, '--password-stdin', host], { input: `${ALICE.password}\n` });
  assert.equal(said, 'Login Succeeded\n');
}

peerTest('a pull without credentials, and with wrong ones, says what to do', NEEDS, async () => {
  const { host, reference, user } = await start();
  for (const [flags, words] of [
    [[], /wants credentials.*\nhint: log in: dray login/],
    [['--creds', 'alice:wrong'], /refuses the credentials/],
  ] as const) {
    const { status, stdout, stderr } = await user.tryDray(['pull', ...flags, '-o', 'image.tar', reference]);
    assert.equal(status, 1);
    assert.equal(stdout.toString(), '');
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /wrong/);
  }
  const login = await user.tryDray(['login', '-u', 'alice', '--password-stdin', host], { input: 'wrong' });
  assert.equal(login.status, 1);
  assert.throws(() => readFileSync(join(user.home, '.docker/config.json')), 'a refused login is stored');
});

peerTest('a pull with --creds and with --creds-stdin', NEEDS, async () => {
  const { reference, user } = await start();
  await user.dray(['pull', '-q', '--creds', `${ALICE.name}:${ALICE.password}`, '-o', 'a.tar', '--no-store', reference]);
  const input = `${ALICE.name}:${ALICE.password}\n`;
  await user.dray(['pull', '-q', '--creds-stdin', '-o', 'b.tar', '--no-store', reference], { input });
  assert.deepEqual(readFileSync(join(user.home, 'a.tar')), readFileSync(join(user.home, 'b.tar')));
});

peerTest(
  'what dray login stores, crane, skopeo and oras use; dray logout ends it',
  [...NEEDS, 'crane', 'skopeo', 'oras'],
  async () => {
    const { host, reference, user } = await start();
    await logIn(user, host);
    const readers = [
      ['crane', 'digest', reference],
      ['skopeo', 'inspect', '--tls-verify=false', '--format={{.Digest}}', `docker://${reference}`],
      ['oras', 'resolve', '--plain-http', reference],
    ] as const;
    for (const [program, ...args] of readers) {
      assert.equal((await run(program, args, user)).trim(), GRAPH.root.digest, program);
    }
    await user.dray(['pull', '-q', '-o', 'image.tar', reference]);
    assert.equal(await user.dray(['logout', host]), `Removing login credentials for ${host}\n`);
    for (const [program, ...args] of readers) assert.notEqual((await finish(program, args, user)).status, 0, program);
    assert.equal((await user.tryDray(['digest', reference])).status, DENIED);
  },
);

peerTest('docker and dray read the same config.json', [...NEEDS, 'dockerd', 'containerd', 'docker'], async () => {
  const { host, reference, user } = await start();
  const daemon = await startDockerDaemon('graph');
  await logIn(user, host);
  assert.match(
    await daemon.docker('--config', join(user.home, '.docker'), 'pull', reference),
    /Downloaded newer image/,
  );
  const config = join(user.home, 'dockers');
  await daemon.docker('--config', config, 'login', '-u', ALICE.name, '-p', ALICE.password, host);
  await user.dray(['logout', host]);
  assert.equal((await user.tryDray(['digest', reference])).status, DENIED);
  assert.equal(await user.dray(['--config', config, 'digest', reference]), `${GRAPH.root.digest}\n`);
  assert.equal(await user.dray(['digest', reference], { env: { DOCKER_CONFIG: config } }), `${GRAPH.root.digest}\n`);
  await user.dray(['--config', config, 'logout', host]);
  await daemon.docker('rmi', reference);
  await assert.rejects(daemon.docker('--config', config, 'pull', reference), /no basic auth credentials/);
});

peerTest(
  'logins of skopeo: REGISTRY_AUTH_FILE, auth.json, and one for a single repository',
  [...NEEDS, 'skopeo'],
  async () => {
    const { host, reference, user } = await start();
    const login = async (file: string, place: string): Promise<string> => {
      const args = ['login', '--tls-verify=false', '--authfile', file, '-u', ALICE.name, '-p', ALICE.password, place];
      await run('skopeo', args, { ...user, cwd: user.home });
      return file;
    };
    const digest = async (env: Readonly<Record<string, string>>): Promise<void> => {
      assert.equal(await user.dray(['digest', reference], { env }), `${GRAPH.root.digest}\n`);
    };
    const all = await login('all.json', host);
    await digest({ REGISTRY_AUTH_FILE: all });
    await digest({ REGISTRY_AUTH_FILE: await login('one.json', `${host}/team`) });
    const other = { REGISTRY_AUTH_FILE: await login('other.json', `${host}/team/app`) };
    await digest(other);
    assert.equal((await user.tryDray(['digest', `${host}/team/others:1`], { env: other })).status, DENIED);
    for (const folder of ['run', '.config']) {
      mkdirSync(join(user.home, folder, 'containers'), { recursive: true });
      const file = join(user.home, folder, 'containers/auth.json');
      copyFileSync(join(user.home, all), file);
      await digest(folder === 'run' ? { XDG_RUNTIME_DIR: join(user.home, 'run') } : {});
      if (folder === 'run') writeFileSync(file, '{}');
    }
    await digest({ DOCKER_AUTH_CONFIG: readFileSync(join(user.home, all), 'utf8') });
  },
);

/** The key's name as docker-registry knows it: 30 bytes of its hash, in base 32, in twelve groups. */
function keyName(cert: string): string {
  const der = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  const bytes = createHash('sha256').update(der).digest().subarray(0, 30);
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters =
    bits.match(/.{5}/g)?.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]) ?? [];
  return letters.join('').match(/.{4}/g)?.join(':') ?? '';
}

interface TokenServer {
  readonly realm: string;
  readonly cert: string;
  /** The queries it was asked, and by whom. */
  readonly asked: { readonly query: URLSearchParams; readonly user: string | undefined }[];
}

/** Gives whoever asks, and alice more than others, the tokens that docker-registry checks by their signature. */
async function startTokenServer(): Promise<TokenServer> {
  const { cert, key } = createCertificate({ name: 'tokens' });
  const kid = keyName(cert);
  assert.ok(createPublicKey(cert).asymmetricKeyType === 'ec');
  const asked: { query: URLSearchParams; user: string | undefined }[] = [];
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    const basic = Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    const isAlice = basic === `${ALICE.name}:${ALICE.password}`;
    asked.push({ query, user: isAlice ? ALICE.name : undefined });
    if (request.method !== 'GET' || (basic !== '' && !isAlice)) {
      response.writeHead(request.method === 'GET' ? 401 : 404).end();
      return;
    }
    const access = query.getAll('scope').map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      return { type, name, actions: isAlice || name.startsWith('public/') ? actions.split(',') : [] };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'interop', sub: basic, aud: query.get('service'), nbf: now - 10, iat: now, exp: now + 300 };
    const body = `${encode({ typ: 'JWT', alg: 'ES256', kid })}.${encode({ ...claims, jti: sha256(String(now)), access })}`;
    const signature = sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ token: `${body}.${signature}`, expires_in: 300, issued_at: new Date().toISOString() }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => void server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { realm: `http://127.0.0.1:${address.port}/token`, cert, asked };
}

peerTest(
  'bearer tokens: anonymous, of a user, and none for what is not theirs',
  ['docker-registry', 'crane'],
  async () => {
    const open = await startDockerRegistry();
    for (const name of ['public/app:1', 'private/app:1']) await open.push(name, GRAPH);
    const { realm, cert, asked } = await startTokenServer();
    const token = { realm, cert, service: 'interop registry', issuer: 'interop' };
    const { host } = await startDockerRegistry({ token, storage: open.storage });
    const user = createUser();
    // crane shows that the token server is one.
    assert.equal((await run('crane', ['digest', `${host}/public/app:1`], user)).trim(), GRAPH.root.digest);
    asked.length = 0;
    await user.dray(['pull', '-q', '-o', 'public.tar', `${host}/public/app:1`]);
    const [first] = asked;
    assert.equal(asked.length, 1, 'one token does for a pull');
    assert.equal(first?.query.get('scope'), 'repository:public/app:pull');
    assert.equal(first?.query.get('service'), 'interop registry');
    const refused = await user.tryDray(['pull', '-q', '-o', 'private.tar', `${host}/private/app:1`]);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /dray login/);
    await logIn(user, host);
    await user.dray(['pull', '-q', '-o', 'private.tar', `${host}/private/app:1`]);
    assert.equal(asked.at(-1)?.user, ALICE.name);
    assert.equal((await run('crane', ['digest', `${host}/private/app:1`], user)).trim(), GRAPH.root.digest);
  },
);
