import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage, helloIndex, type TestGraph } from 'dray/testing';
import { sha256 } from './docker-registry.ts';
import { type DrayServe, startDrayServe } from './dray-serve.ts';
import { layoutOf } from './layout-of.ts';
import { peerTest } from './peers.ts';
import { createUser, finish, makeFolder, run } from './run.ts';

const IMAGE = buildImage({ layers: [{ fill: 300_000 }, { files: [{ name: 'a', content: 'a' }] }] });
const INDEX = helloIndex();
const LIST = helloIndex({ flavour: 'docker' });
const [IMAGE_LAYOUT, INDEX_LAYOUT, LIST_LAYOUT] = [IMAGE, INDEX, LIST].map(layoutOf) as [string, string, string];

let shared: Promise<DrayServe> | undefined;
const start = async (): Promise<string> => (await (shared ??= startDrayServe())).host;

const digestOf = async (reference: string): Promise<string> => (await run('crane', ['digest', reference])).trim();
const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** The bytes of everything that a graph has, in a repository. */
async function isWhole(reference: string, graph: TestGraph): Promise<void> {
  assert.equal(await digestOf(reference), graph.root.digest, reference);
  const [, host, name] = /^([^/]+)\/(.*):[^:]+$/.exec(reference) ?? [];
  for (const [digest, bytes] of graph.blobs) {
    const kind = graph.manifests.has(digest) ? 'manifests' : 'blobs';
    const headers = { accept: graph.manifests.get(digest) ?? '*/*' };
    const answer = await fetch(`http://${host}/v2/${name}/${kind}/${digest}`, { headers });
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes), `${reference} ${digest}`);
  }
}

peerTest('crane', ['crane'], async () => {
  const host = await start();
  const folder = makeFolder();
  const crane = async (...args: readonly string[]): Promise<string> => (await run('crane', args)).trim();
  const app = `${host}/crane/app`;
  assert.equal(await crane('push', IMAGE_LAYOUT, `${app}:1`), `${app}@${IMAGE.root.digest}`);
  await isWhole(`${app}:1`, IMAGE);
  await crane('pull', '--format=oci', `${app}:1`, join(folder, 'layout'));
  for (const [digest, bytes] of IMAGE.blobs) {
    assert.ok(readFileSync(join(folder, 'layout', 'blobs', ...digest.split(':'))).equals(bytes));
  }
  await crane('pull', `${app}:1`, join(folder, 'image.tar'));
  await crane('push', join(folder, 'image.tar'), `${app}:tar`);
  assert.equal(await crane('config', `${app}:tar`), await crane('config', `${app}:1`));
  assert.equal(await crane('manifest', `${app}:1`), Buffer.from(IMAGE.blobs.get(IMAGE.root.digest) ?? []).toString());

  await crane('push', '--index', INDEX_LAYOUT, `${host}/crane/index:nested`);
  const copied = await finish('crane', ['copy', `${host}/crane/index@${INDEX.root.digest}`, `${host}/crane/copy:1`]);
  assert.equal(copied.stderr.match(/ mounted blob: /g)?.length, 4, copied.stderr);
  await crane('copy', '-a', `${host}/crane/copy`, `${host}/crane/all`);
  for (const name of ['copy', 'all']) await isWhole(`${host}/crane/${name}:1`, INDEX);
  await crane('index', 'filter', `${host}/crane/copy:1`, '--platform', 'linux/arm64', '-t', `${host}/crane/copy:arm`);
  for (const reference of [
    `${app}:1`,
    `${host}/crane/copy:1`,
    `${host}/crane/copy:arm`,
    `${host}/crane/index:nested`,
  ]) {
    assert.equal((await finish('crane', ['validate', '--remote', reference])).status, 0);
  }

  const layer = join(folder, 'layer.tar');
  writeFileSync(join(folder, 'new'), 'new');
  await run('tar', ['-C', folder, '-cf', layer, 'new']);
  await crane('append', '-b', `${app}:1`, '-f', layer, '-t', `${host}/crane/more:1`);
  await crane('index', 'append', '-m', `${app}:1`, '-m', `${host}/crane/more:1`, '-t', `${app}:both`);
  await crane('validate', '--remote', `${app}:both`);
  await crane('mutate', `${app}:1`, '--label', 'a=b', '-t', `${app}:labelled`);
  await crane('flatten', `${host}/crane/more:1`, '-t', `${app}:flat`);
  assert.match(
    await crane('export', `${app}:flat`, join(folder, 'files.tar')).then(() =>
      run('tar', ['-tf', join(folder, 'files.tar')]),
    ),
    /^new$/m,
  );

  await crane('tag', `${app}:1`, 'latest');
  assert.equal(await crane('ls', app), '1\nboth\nflat\nlabelled\nlatest\ntar');
  assert.equal(
    lines(await crane('catalog', host))
      .filter((name) => name.startsWith('crane/'))
      .join(' '),
    'crane/all crane/app crane/copy crane/index crane/more',
  );
  await crane('delete', `${app}:latest`);
  assert.equal(await digestOf(`${app}:1`), IMAGE.root.digest, 'the other tag stays');
  await crane('delete', `${app}@${IMAGE.root.digest}`);
  assert.equal(await crane('ls', app), 'both\nflat\nlabelled\ntar');
  const gone = await finish('crane', ['manifest', `${app}:1`]);
  assert.match(gone.stderr, /MANIFEST_UNKNOWN: manifest unknown/);
});

peerTest('skopeo', ['skopeo', 'crane'], async () => {
  const host = await start();
  const folder = makeFolder();
  const env = { HOME: folder };
  const at = (name: string): string => join(folder, name);
  const registry = (name: string): string => `docker://${host}/skopeo/${name}`;
  const skopeo = (...args: readonly string[]): Promise<string> => run('skopeo', args, { env, cwd: folder });
  const copy = (...args: readonly string[]): Promise<string> =>
    skopeo('copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', ...args);

  await copy(`oci:${IMAGE_LAYOUT}`, registry('app:1'));
  await isWhole(`${host}/skopeo/app:1`, IMAGE);
  for (const [layout, name, graph] of [
    [INDEX_LAYOUT, 'index', INDEX],
    [LIST_LAYOUT, 'list', LIST],
  ] as const) {
    await copy('--all', '--preserve-digests', `oci:${layout}`, registry(`${name}:1`));
    await copy('--all', registry(`${name}:1`), registry(`${name}-copy:2`));
    await isWhole(`${host}/skopeo/${name}-copy:2`, graph);
  }
  for (const place of ['docker-archive:a.tar:a:1', 'oci-archive:b.tar:1', 'dir:c', 'oci:d:1']) {
    const name = place.replaceAll(/[:.]/g, '-');
    await copy(registry('app:1'), place);
    await copy(place, registry(`${name}:1`));
    const config = await skopeo('inspect', '--config', '--raw', '--tls-verify=false', registry(`${name}:1`));
    assert.equal(sha256(config), IMAGE.config.digest, place);
  }
  await copy('--dest-compress-format=zstd', '--dest-force-compress-format', registry('app:1'), registry('zstd:1'));
  assert.match(await skopeo('inspect', '--raw', '--tls-verify=false', registry('zstd:1')), /layer\.v1\.tar\+zstd/);
  await copy('--format=v2s2', registry('app:1'), registry('schema2:1'));
  await copy('--multi-arch=index-only', registry('index:1'), registry('index:again'));

  mkdirSync(at('synced'));
  const sync = ['sync', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'];
  await skopeo(...sync, '--src=docker', '--dest=dir', `${host}/skopeo/index`, at('synced'));
  assert.deepEqual(readdirSync(at('synced')), ['index:1', 'index:again']);
  await skopeo(...sync, '--src=dir', '--dest=docker', at('synced'), `${host}/skopeo/synced`);
  await skopeo(...sync, '--src=docker', '--dest=docker', `${host}/skopeo/list`, `${host}/skopeo/synced`);
  await isWhole(`${host}/skopeo/synced/list:1`, LIST);

  const listed = JSON.parse(await skopeo('list-tags', '--tls-verify=false', registry('index'))) as object;
  assert.deepEqual(listed, { Repository: `${host}/skopeo/index`, Tags: ['1', 'again'] });
  const inspected = JSON.parse(await skopeo('inspect', '--tls-verify=false', registry('app:1'))) as { Digest: string };
  assert.equal(inspected.Digest, IMAGE.root.digest);
  // skopeo takes the manifest away, and with it all tags.
  await skopeo('delete', '--tls-verify=false', registry('index:again'));
  assert.match(await skopeo('list-tags', '--tls-verify=false', registry('index')), /"Tags": \[\]/);
  const gone = await finish('skopeo', ['inspect', '--tls-verify=false', registry('index:1')], { env });
  assert.match(gone.stderr, /manifest unknown/);
});

peerTest('oras', ['oras', 'crane'], async () => {
  const host = await start();
  const folder = makeFolder();
  const oras = async (...args: readonly string[]): Promise<string> =>
    (await run('oras', args, { env: { HOME: folder }, cwd: folder })).trim();
  const art = `${host}/oras/art`;
  const large = randomBytes(3_000_000);
  writeFileSync(join(folder, 'text'), 'hello\n');
  writeFileSync(join(folder, 'large'), large);
  writeFileSync(join(folder, 'signature'), 'signed');
  const http = '--plain-http';
  await oras('push', http, '--artifact-type=application/x.test', `${art}:1,latest`, 'text:text/plain', 'large');
  await oras('pull', http, '-o', 'pulled', `${art}:1`);
  assert.equal(readFileSync(join(folder, 'pulled', 'text'), 'utf8'), 'hello\n');
  assert.ok(readFileSync(join(folder, 'pulled', 'large')).equals(large));
  for (const type of ['signature', 'sbom']) {
    await oras('attach', http, `--artifact-type=application/x.${type}`, `${art}:1`, 'signature:text/plain');
  }
  const referrers = async (reference: string, ...flags: readonly string[]): Promise<string> => {
    const text = await oras('discover', http, '--format=json', ...flags, reference);
    const { referrers: found } = JSON.parse(text) as { referrers: { artifactType: string }[] };
    return found
      .map(({ artifactType }) => artifactType.slice(14))
      .toSorted()
      .join(' ');
  };
  assert.equal(await referrers(`${art}:1`), 'sbom signature');
  assert.equal(await referrers(`${art}:1`, '--artifact-type=application/x.sbom'), 'sbom');
  const copied = await oras('cp', '-r', '--from-plain-http', '--to-plain-http', `${art}:1`, `${host}/oras/copy:1`);
  assert.match(copied, /^Mounted .* large$/m);
  await oras('cp', '-r', '--from-plain-http', '--to-oci-layout', `${art}:1`, 'layout:1');
  await oras('cp', '-r', '--from-oci-layout', '--to-plain-http', 'layout:1', `${host}/oras/back:1`);
  await oras('backup', http, '--include-referrers', '--output=backup.tar', `${art}:1`);
  await oras('restore', http, '--input=backup.tar', `${host}/oras/restored`);
  const digest = await oras('resolve', http, `${art}:1`);
  for (const name of ['copy', 'back', 'restored']) {
    assert.equal(await oras('resolve', http, `${host}/oras/${name}:1`), digest);
    assert.equal(await referrers(`${host}/oras/${name}:1`), 'sbom signature', name);
  }
  assert.equal(sha256(await oras('manifest', 'fetch', http, `${art}:1`)), digest);
  assert.equal(await oras('manifest', 'fetch-config', http, `${art}:1`), '{}');
  await oras('tag', http, `${art}:1`, 'two');
  assert.equal(await oras('repo', 'tags', http, art), '1\nlatest\ntwo');
  assert.equal(await oras('repo', 'tags', http, '--last=1', art), 'latest\ntwo');
  assert.equal(await oras('repo', 'ls', http, `${host}/oras`), 'art\nback\ncopy\nrestored');
  await oras('manifest', 'index', 'create', http, `${art}:index`, '1');
  await oras('manifest', 'delete', http, '-f', `${art}@${digest}`);
  assert.equal(await oras('repo', 'tags', http, art), 'index');

  const blob = `${host}/oras/copy@${sha256(large)}`;
  await oras('blob', 'push', http, `${host}/oras/blobs`, 'text');
  await oras('blob', 'fetch', http, '--output=fetched', blob);
  assert.ok(readFileSync(join(folder, 'fetched')).equals(large));
  await oras('blob', 'delete', http, '-f', blob);
  const gone = await finish('oras', ['blob', 'fetch', http, '--descriptor', blob], { env: { HOME: folder } });
  assert.match(gone.stderr, /not found/);
});

peerTest('buildah, and umoci with skopeo', ['buildah', 'umoci', 'skopeo', 'crane'], async () => {
  const host = await start();
  const { home, env: own } = createUser();
  const conf = join(home, 'containers.conf');
  // It wants to see a program for networks, which nothing here uses.
  writeFileSync(join(home, 'netavark'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(conf, `[engine]\nhelper_binaries_dir = ["${home}"]\n`);
  const env = { ...own, CONTAINERS_CONF: conf };
  const store = ['--storage-driver=vfs', '--root', join(home, 'storage'), '--runroot', join(home, 'run')];
  const buildah = async (...args: readonly string[]): Promise<string> =>
    (await run('buildah', [...store, ...args], { env, cwd: home })).trim();
  const skopeo = (...args: readonly string[]): Promise<string> => run('skopeo', ['copy', '-q', ...args], { env });
  const app = `${host}/buildah/app`;
  await run('crane', ['push', IMAGE_LAYOUT, `${app}:1`]);
  const id = await buildah('pull', '-q', '--tls-verify=false', `${app}:1`);
  assert.equal(`sha256:${id}`, IMAGE.config.digest);
  for (const format of ['oci', 'v2s2']) {
    await buildah('push', '-q', '--tls-verify=false', '--format', format, id, `docker://${app}:${format}`);
    assert.equal(sha256(await run('crane', ['config', `${app}:${format}`])), IMAGE.config.digest);
  }
  await buildah('manifest', 'create', 'both', `${app}:1`);
  await buildah('manifest', 'add', '--tls-verify=false', 'both', `docker://${app}:v2s2`);
  await buildah('manifest', 'push', '-q', '--all', '--tls-verify=false', 'both', `docker://${host}/buildah/both:1`);
  await run('crane', ['validate', '--remote', `${host}/buildah/both:1`]);

  const layout = join(home, 'layout');
  const bundle = join(home, 'bundle');
  await skopeo('--src-tls-verify=false', `docker://${app}:1`, `oci:${layout}:1`);
  await run('umoci', ['unpack', '--rootless', '--image', `${layout}:1`, bundle]);
  writeFileSync(join(bundle, 'rootfs', 'new'), 'new');
  await run('umoci', ['repack', '--image', `${layout}:2`, bundle]);
  await skopeo('--dest-tls-verify=false', `oci:${layout}:2`, `docker://${app}:2`);
  await run('crane', ['validate', '--remote', `${app}:2`]);
});
