import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, createCertificate } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { startDockerDaemon } from './dockerd.ts';
import { layout, peerTest } from './peers.ts';
import { COMMAND, finish, makeFolder, run } from './run.ts';
import { freePort, isListening, startService } from './service.ts';

const REALM = 'https://auth.example/token';
const SERVICE = 'registry.example';
const ISSUER = 'auth.example';

/** `dray serve` on a port of 127.0.0.1, with a configuration. */
async function startDrayServe(settings: object): Promise<string> {
  const folder = makeFolder();
  const port = await freePort();
  const file = join(folder, 'config.yml');
  const listen = `127.0.0.1:${port}`;
  // YAML takes JSON.
  writeFileSync(file, JSON.stringify({ listen, data: join(folder, 'data'), ...settings }));
  await startService(process.execPath, [COMMAND, 'serve', '--config', file], () => isListening(port));
  return listen;
}

function token(header: object, actions: readonly string[], { key }: Certificate, more: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const access = [{ type: 'repository', name: 'team/app', actions }];
  const claims = { iss: ISSUER, aud: SERVICE, sub: 'alice', nbf: now, iat: now, exp: now + 300, access, ...more };
  const input = [{ alg: 'ES256', typ: 'JWT', ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(input), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** What docker-registry calls the key of a certificate. */
function keyName({ key }: Certificate): string {
  const der = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' });
  const bits = [...createHash('sha256').update(der).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = (bits.match(/.{5}/g) ?? []).map(
    (word) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(word, 2)],
  );
  return (letters.join('').match(/.{4}/g) ?? []).join(':');
}

const der = ({ cert }: Certificate): string => cert.replace(/-----[A-Z ]+-----|\s/g, '');

peerTest('tokens are taken and refused as docker-registry does it', ['docker-registry'], async () => {
  const root = createCertificate({ name: 'root', authority: true });
  const leaf = createCertificate({ name: 'leaf', issuer: root });
  const stranger = createCertificate({ name: 'root' });
  const roots = join(makeFolder(), 'roots.pem');
  writeFileSync(roots, root.cert);
  const tokens = { realm: REALM, service: SERVICE, issuer: ISSUER };
  const ours = await startDrayServe({ access: { tokens: { ...tokens, 'root-cert-bundle': roots } } });
  const theirs = await startDockerRegistry({ token: { ...tokens, cert: root.cert }, deletes: true });

  const kid = keyName(root);
  const both = ['pull', 'push'];
  const given: Readonly<Record<string, string | undefined>> = {
    nothing: undefined,
    'the name of a root': token({ kid }, both, root),
    'a certificate that a root has signed': token({ x5c: [der(leaf)] }, both, leaf),
    'a certificate of a stranger': token({ x5c: [der(stranger)] }, both, stranger),
    'a key of its own': token(
      { jwk: createPublicKey(createPrivateKey(stranger.key)).export({ format: 'jwk' }) },
      both,
      stranger,
    ),
    'the name of another key': token({ kid }, both, stranger),
    'pull alone': token({ kid }, ['pull'], root),
    everything: token({ kid }, ['*'], root),
    'an old one': token({ kid }, both, root, { exp: 1 }),
    'an early one': token({ kid }, both, root, { nbf: Math.floor(Date.now() / 1000) + 600 }),
    'one for others': token({ kid }, both, root, { aud: 'other' }),
    'one of others': token({ kid }, both, root, { iss: 'other' }),
    garbage: 'x.y.z',
  };
  const requests = [
    ['GET', '/v2/'],
    ['GET', '/v2/team/app/tags/list'],
    ['HEAD', `/v2/team/app/blobs/sha256:${'0'.repeat(64)}`],
    ['POST', '/v2/team/app/blobs/uploads/'],
    ['DELETE', `/v2/team/app/manifests/sha256:${'0'.repeat(64)}`],
    ['GET', '/v2/team/other/tags/list'],
    ['GET', '/v2/_catalog'],
  ] as const;
  const ask = async (host: string, method: string, path: string, value: string | undefined): Promise<object> => {
    const headers = value === undefined ? {} : { authorization: `Bearer ${value}` };
    const answer = await fetch(`http://${host}${path}`, { method, headers });
    await answer.arrayBuffer();
    // docker-registry has no order
    const challenge = answer.headers.get('www-authenticate')?.replace('push,pull', 'pull,push');
    return { status: answer.status, challenge };
  };
  for (const [what, value] of Object.entries(given)) {
    for (const [method, path] of requests) {
      const expected = await ask(theirs.host, method, path, value);
      assert.deepEqual(await ask(ours, method, path, value), expected, `${what}: ${method} ${path}`);
    }
  }
});

peerTest(
  'skopeo pulls without a password where it may, and pushes with one',
  ['skopeo', 'htpasswd', 'oci-busybox'],
  async () => {
    const users = join(makeFolder(), 'users');
    writeFileSync(users, await run('htpasswd', ['-Bbn', 'alice', 'secret1']));
    const rules = [
      { repositories: ['team/*'], users: ['alice'], actions: ['pull', 'create'] },
      { repositories: ['team/*'], anonymous: true, actions: ['pull'] },
    ];
    const host = await startDrayServe({ access: { htpasswd: users, rules } });
    const push = async (from: string, name: string, ...flags: readonly string[]): Promise<string> => {
      const words = ['copy', '-q', '--dest-tls-verify=false', ...flags, from, `docker://${host}/${name}`];
      const { status, stderr } = await finish('skopeo', words, { env: { HOME: makeFolder() } });
      return status === 0 ? 'pushed' : stderr;
    };
    const image = `oci:${layout('busybox')}`;
    const alice = '--dest-creds=alice:secret1';
    assert.match(await push(image, 'team/app:1'), /denied/);
    assert.match(await push(image, 'team/app:1', '--dest-creds=alice:wrong'), /invalid username\/password/);
    assert.match(await push(image, 'other/app:1', alice), /403|denied/);
    assert.equal(await push(image, 'team/app:1', alice), 'pushed');
    assert.equal(await push(image, 'team/app:1', alice), 'pushed', 'the same again moves nothing');
    assert.match(await push(image, 'team/app:1', alice, '--format=v2s2'), /must not be moved/);
    const anybody = ['inspect', '--raw', '--tls-verify=false', `docker://${host}/team/app:1`];
    assert.match(await run('skopeo', anybody, { env: { HOME: makeFolder() } }), /"schemaVersion"/);
  },
);

const DOCKER = ['dockerd', 'containerd', 'runc', 'docker', 'skopeo', 'htpasswd', 'root', 'oci-busybox'];

peerTest('docker logs in, pushes, and pulls without a password where it may', DOCKER, async () => {
  const folder = makeFolder();
  const users = join(folder, 'users');
  writeFileSync(users, await run('htpasswd', ['-Bbn', 'alice', 'secret1']));
  const rules = [
    { repositories: ['team/*'], users: ['alice'], actions: ['pull', 'push'] },
    { repositories: ['team/*'], anonymous: true, actions: ['pull'] },
    { repositories: ['private/*'], users: ['alice'], actions: ['pull', 'push'] },
  ];
  const host = await startDrayServe({ access: { htpasswd: users, rules } });
  const { docker, tryDocker } = await startDockerDaemon('graph');
  const archive = join(folder, 'busybox.tar');
  await run('skopeo', ['copy', '-q', `oci:${layout('busybox')}`, `docker-archive:${archive}:busybox:1`]);
  await docker('load', '-q', '-i', archive);
  const fails = async (words: RegExp, ...args: readonly string[]): Promise<void> => {
    const { status, stderr } = await tryDocker(...args);
    assert.equal(status, 1, args.join(' '));
    assert.match(stderr, words);
  };
  for (const name of ['team/app', 'private/app', 'other/app']) await docker('tag', 'busybox:1', `${host}/${name}:1`);

  await fails(/denied|unauthorized|no basic auth/, 'push', `${host}/team/app:1`);
  await fails(/401|unauthorized|incorrect/, 'login', '-u', 'alice', '-p', 'wrong', host);
  await docker('login', '-u', 'alice', '-p', 'secret1', host);
  await docker('push', '-q', `${host}/team/app:1`);
  await docker('push', '-q', `${host}/private/app:1`);
  await fails(/denied/, 'push', `${host}/other/app:1`);
  await docker('logout', host);
  await docker('rmi', `${host}/team/app:1`, `${host}/private/app:1`);
  await docker('pull', '-q', `${host}/team/app:1`);
  await fails(/denied|unauthorized|authentication required|no basic auth/, 'pull', `${host}/private/app:1`);
});
