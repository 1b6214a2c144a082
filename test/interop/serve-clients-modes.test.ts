import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage, createCertificate, helloIndex } from 'dray/testing';
import { startDockerDaemon } from './dockerd.ts';
import { startDrayServe } from './dray-serve.ts';
import { layoutOf } from './layout-of.ts';
import { startNameProxy } from './name-proxy.ts';
import { peerTest } from './peers.ts';
import { createUser, finish, makeFolder, run, type User } from './run.ts';

const IMAGE = buildImage({ layers: [{ fill: 1_000_000 }, { files: [{ name: 'a', content: 'a' }] }] });
const INDEX = helloIndex();
const LAYOUT = layoutOf(IMAGE);
const INDEX_LAYOUT = layoutOf(INDEX);
const NEEDS = ['crane', 'skopeo', 'oras'];

/** How each client gets to the registry: over TLS they are told of the authority, each in its way. */
interface Ways {
  readonly user: User;
  readonly crane: Readonly<Record<string, string>>;
  readonly skopeo: (side: 'src' | 'dest') => string;
  readonly oras: (side?: 'from' | 'to') => string;
  readonly dray: readonly string[];
}

function openWays(): Ways {
  return {
    user: createUser(),
    crane: {},
    skopeo: (side) => `--${side}-tls-verify=false`,
    oras: (side) => `--${side === undefined ? '' : `${side}-`}plain-http`,
    dray: [],
  };
}

/** Push, pull, copy, list, tag, delete: the same image comes back each time. */
const ROUNDS: Readonly<Record<string, (host: string, ways: Ways) => Promise<void>>> = {
  async crane(host, { crane: env }) {
    const crane = async (...args: readonly string[]): Promise<string> => (await run('crane', args, { env })).trim();
    const app = `${host}/crane/app`;
    await crane('push', LAYOUT, `${app}:1`);
    await crane('copy', `${app}:1`, `${host}/crane/copy:1`);
    await crane('validate', '--remote', `${host}/crane/copy:1`);
    await crane('tag', `${app}:1`, 'two');
    assert.equal(await crane('ls', app), '1\ntwo');
    assert.equal(await crane('digest', `${app}:two`), IMAGE.root.digest);
    await crane('delete', `${app}:two`);
    assert.equal(await crane('ls', app), '1');
    await crane('delete', `${app}@${IMAGE.root.digest}`);
    assert.equal(await crane('ls', app), '');
  },
  async skopeo(host, { skopeo: side, user: { env, home } }) {
    const copy = (...args: readonly string[]): Promise<string> =>
      run('skopeo', ['copy', '-q', '--all', side('src'), side('dest'), ...args], { env });
    const app = `docker://${host}/skopeo/app`;
    await copy(`oci:${INDEX_LAYOUT}`, `${app}:1`);
    await copy(`${app}:1`, `docker://${host}/skopeo/copy:1`);
    await copy(`docker://${host}/skopeo/copy:1`, `dir:${join(home, 'copy')}`);
    const files = new Set(readdirSync(join(home, 'copy')));
    for (const digest of INDEX.blobs.keys()) {
      if (!INDEX.manifests.has(digest)) assert.ok(files.has(digest.slice(7)));
    }
    const listed = await run('skopeo', ['list-tags', side('src').replace('src-', ''), app], { env });
    assert.match(listed, /"Tags": \[\s+"1"\s+\]/);
    await run('skopeo', ['delete', side('src').replace('src-', ''), `${app}:1`], { env });
  },
  async oras(host, { oras: way, user }) {
    const oras = (...args: readonly string[]): Promise<string> => run('oras', args, { env: user.env, cwd: user.home });
    writeFileSync(join(user.home, 'file'), 'content');
    const art = `${host}/oras/art`;
    await oras('push', way(), `${art}:1`, 'file:text/plain');
    await oras('attach', way(), '--artifact-type=application/x.signature', `${art}:1`, 'file:text/plain');
    await oras('cp', '-r', way('from'), way('to'), `${art}:1`, `${host}/oras/copy:1`);
    assert.match(await oras('discover', way(), `${host}/oras/copy:1`), /application\/x\.signature/);
    await oras('manifest', 'delete', way(), '-f', `${art}:1`);
    assert.equal(await oras('repo', 'tags', way(), art), '');
  },
  async dray(host, { dray: flags, user }) {
    const dray = ([command = '', ...args]: readonly string[]): Promise<string> =>
      user.dray([command, ...flags, ...args]);
    const app = `${host}/dray/app`;
    await dray(['copy', `oci:${INDEX_LAYOUT}`, `${app}:1`]);
    await dray(['copy', '-a', app, `${host}/dray/copy`]);
    await dray(['validate', `${host}/dray/copy:1`]);
    await dray(['pull', '-q', `${app}:1`]);
    assert.equal(await dray(['digest', `${app}:1`]), `${INDEX.root.digest}\n`);
    await dray(['delete', '-f', `${app}:1`]);
    assert.equal(await dray(['tags', app]), '');
  },
};

/** All at once, each in repositories of its own. */
async function rounds(host: string, waysOf: () => Ways): Promise<void> {
  await Promise.all(Object.values(ROUNDS).map((round) => round(host, waysOf())));
  const { crane: env } = waysOf();
  const names = (await run('crane', ['catalog', host], { env })).trim().split('\n');
  for (const name of Object.keys(ROUNDS)) assert.ok(names.includes(`${name}/copy`), `${name} of ${names.join(' ')}`);
}

for (const flags of [['--workers', '2'], ['--no-sync'], ['--memory'], ['--workers', '2', '--no-sync']]) {
  peerTest(`clients of dray serve ${flags.join(' ')}, all at once`, NEEDS, async () => {
    const { host } = await startDrayServe(...flags);
    await rounds(host, openWays);
  });
}

for (const flags of [[], ['--workers', '2']]) {
  const more = flags.length === 0 ? '' : `, ${flags.join(' ')}`;
  peerTest(`clients of dray serve over TLS${more}`, [...NEEDS, 'curl'], async () => {
    const authority = createCertificate({ name: 'interop authority', authority: true });
    const server = createCertificate({ name: 'server', hosts: ['registry.test', '127.0.0.1'], issuer: authority });
    const folder = makeFolder();
    const at = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const tls = ['--tls-cert', at('server.crt', server.cert), '--tls-key', at('server.key', server.key)];
    const { host, url } = await startDrayServe(...tls, ...flags);
    assert.match(url, /^https:/);
    const ca = at('ca.pem', authority.cert);
    const ways = (): Ways => {
      const user = createUser();
      for (const tool of ['docker', 'containers']) {
        const certs = join(user.home, '.config', tool, 'certs.d', host);
        mkdirSync(certs, { recursive: true });
        writeFileSync(join(certs, 'ca.crt'), authority.cert);
      }
      return {
        user,
        crane: { SSL_CERT_FILE: ca },
        skopeo: (side) => `--${side}-tls-verify=true`,
        oras: (side) => `--${side === undefined ? '' : `${side}-`}ca-file=${ca}`,
        dray: [],
      };
    };
    await rounds(host, ways);
    assert.equal((await run('curl', ['-sS', '--cacert', ca, `${url}/v2/`])).trim(), '{}');
    assert.equal((await finish('curl', ['-sS', `${url}/v2/`])).status, 60, 'nobody is trusted unknown');

    // By a name of its own: of 127.0.0.1 dray takes any certificate, as docker does.
    const env = { HTTPS_PROXY: await startNameProxy() };
    const named = `${host.replace('127.0.0.1', 'registry.test')}/dray/copy`;
    const stranger = createUser();
    const refused = await stranger.tryDray(['tags', named], { env });
    assert.match(refused.stderr, /^dray: no secure connection to .*: its certificate comes from an authority/);
    assert.equal(await stranger.dray(['tags', '--ca', ca, named], { env }), '1\n');
    const unknown = await finish('crane', ['ls', `${host}/dray/copy`]);
    assert.match(unknown.stderr, /certificate signed by unknown authority/);
    assert.doesNotMatch(unknown.stderr, /EOF/, 'asked again by http, it is told that this is https');
  });
}

peerTest(
  'docker with dray serve over TLS, of two processes',
  ['dockerd', 'containerd', 'runc', 'docker', 'crane'],
  async () => {
    const folder = makeFolder();
    const { cert, key } = createCertificate({ name: 'server', hosts: ['127.0.0.1'] });
    for (const [name, text] of Object.entries({ cert, key })) writeFileSync(join(folder, name), text);
    const { host } = await startDrayServe(
      '--tls-cert',
      join(folder, 'cert'),
      '--tls-key',
      join(folder, 'key'),
      '--workers',
      '2',
    );
    const { docker } = await startDockerDaemon('graph');
    await run('crane', ['push', '--insecure', LAYOUT, `${host}/team/app:1`]);
    // Of 127.0.0.1 docker takes any certificate.
    await docker('pull', '-q', `${host}/team/app:1`);
    await docker('tag', `${host}/team/app:1`, `${host}/team/other:2`);
    assert.match(await docker('push', `${host}/team/other:2`), /: Mounted from team\/app$/m);
    await run('crane', ['validate', '--insecure', '--remote', `${host}/team/other:2`]);
  },
);
