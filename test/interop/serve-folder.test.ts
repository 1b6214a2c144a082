import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRegistryServer } from 'dray/serve';
import { buildArtifact, buildImage, helloIndex, type TestGraph } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { pushGraph, startDockerRegistry } from './docker-registry.ts';
import { peerTest } from './peers.ts';
import { makeFolder, run } from './run.ts';

const IMAGE = buildImage({ layers: [{ fill: 300_000 }, { files: [{ name: 'a', content: 'a' }] }] });
const OTHER = buildImage({ layers: [{ fill: 200_000 }], flavour: 'docker' });
const INDEX = helloIndex();
const NEEDS = ['docker-registry', 'crane', 'skopeo'];

/** dray serving a folder; resolves to `127.0.0.1:port`. */
async function serve(data: string): Promise<string> {
  const { url, close } = await startRegistryServer({ listen: '127.0.0.1:0', data, log: { format: 'none' } });
  atEnd(async () => void (await close({ timeout: 0 })));
  return new URL(url).host;
}

/** Everything below a folder: paths, and what small files say. */
function tree(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.toSorted().map((path) => [path.slice(folder.length + 1), readFileSync(path, 'latin1')]));
}

const crane = async (...args: readonly string[]): Promise<string> =>
  (await run('crane', ['--insecure', ...args])).trim();

/** Pulled with all its blobs by skopeo, and the digest is the one that was pushed. */
async function isWhole(reference: string, graph: TestGraph): Promise<void> {
  assert.equal(await crane('digest', reference), graph.root.digest, reference);
  const copy = makeFolder();
  await run('skopeo', ['copy', '-q', '--all', '--src-tls-verify=false', `docker://${reference}`, `dir:${copy}`]);
  const blobs = new Set(readdirSync(copy));
  for (const digest of graph.blobs.keys()) {
    if (!graph.manifests.has(digest)) assert.ok(blobs.has(digest.slice(7)), `${reference} lacks ${digest}`);
  }
}

const push = (host: string, reference: string, graph: TestGraph): Promise<void> =>
  pushGraph(`http://${host}`, reference, { graph, headers: {} });

async function remove(host: string, name: string, digest: string): Promise<void> {
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${digest}`, { method: 'DELETE' });
  assert.equal(answer.status, 202, await answer.text());
}

peerTest('dray and docker-registry write the same files for the same pushes', NEEDS, async () => {
  const folders = [makeFolder(), makeFolder()] as const;
  const { host } = await startDockerRegistry({ storage: folders[0] });
  for (const each of [host, await serve(folders[1])]) {
    await push(each, 'library/app:1', IMAGE);
    await push(each, 'library/app:1', OTHER);
    await push(each, 'library/app:2', IMAGE);
    await push(each, 'library/app/below:multi', INDEX);
    await push(each, 'other:1', OTHER);
  }
  const [theirs, ours] = folders.map((folder) => tree(join(folder, 'docker'))) as [
    Map<string, string>,
    Map<string, string>,
  ];
  assert.deepEqual([...ours.keys()], [...theirs.keys()]);
  for (const [path, text] of theirs) assert.ok(ours.get(path) === text, path);
});

peerTest('dray and docker-registry serve one folder at the same time', NEEDS, async () => {
  const folder = makeFolder();
  const { host: theirs } = await startDockerRegistry({ storage: folder, deletes: true });
  await push(theirs, 'library/app:old', IMAGE);
  await push(theirs, 'library/multi:1', INDEX);
  const ours = await serve(folder);
  await isWhole(`${ours}/library/app:old`, IMAGE);
  await isWhole(`${ours}/library/multi:1`, INDEX);
  // A tag that moves, in both directions.
  for (const [to, graph] of [
    [ours, OTHER],
    [theirs, IMAGE],
    [ours, INDEX],
    [theirs, OTHER],
  ] as const) {
    await push(to, 'library/app:moving', graph);
    for (const from of [ours, theirs]) await isWhole(`${from}/library/app:moving`, graph);
  }
  // Other clients' ways to push: chunks, mounts, copies of an index.
  await run('skopeo', [
    'copy',
    '-q',
    '--all',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    `docker://${theirs}/library/multi:1`,
    `docker://${ours}/new/multi:2`,
  ]);
  await crane('copy', `${ours}/new/multi:2`, `${ours}/new/copied:3`);
  await crane('tag', `${ours}/new/copied:3`, 'four');
  for (const name of ['new/multi:2', 'new/copied:3', 'new/copied:four']) await isWhole(`${theirs}/${name}`, INDEX);
  for (const repository of ['library/app', 'library/multi', 'new/copied']) {
    assert.equal(await crane('ls', `${ours}/${repository}`), await crane('ls', `${theirs}/${repository}`));
  }
  assert.equal(await crane('catalog', ours), await crane('catalog', theirs));
  assert.equal(await crane('catalog', ours), 'library/app\nlibrary/multi\nnew/copied\nnew/multi');
  // What one removes is gone for the other.
  await remove(theirs, 'library/app', OTHER.root.digest);
  await assert.rejects(crane('digest', `${ours}/library/app:moving`));
  await remove(ours, 'new/copied', INDEX.root.digest);
  await assert.rejects(crane('digest', `${theirs}/new/copied:3`));
  assert.equal(await crane('ls', `${ours}/library/app`), 'old');
  await isWhole(`${theirs}/new/multi:2`, INDEX);
});

peerTest("docker-registry's garbage collection leaves what dray has pushed", NEEDS, async () => {
  const folder = makeFolder();
  const ours = await serve(folder);
  await push(ours, 'library/app:1', IMAGE);
  await push(ours, 'library/app:1', OTHER);
  await push(ours, 'library/multi:1', INDEX);
  const sbom = buildArtifact({ subject: OTHER.root, artifactType: 'application/x.sbom' });
  await push(ours, 'library/app:sbom', sbom);
  const config = join(makeFolder(), 'config.yml');
  writeFileSync(config, JSON.stringify({ version: '0.1', storage: { filesystem: { rootdirectory: folder } } }));
  await remove(ours, 'library/app', IMAGE.root.digest);
  await run('docker-registry', ['garbage-collect', config]);
  await isWhole(`${ours}/library/app:1`, OTHER);
  await isWhole(`${ours}/library/multi:1`, INDEX);
  await assert.rejects(crane('digest', `${ours}/library/app@${IMAGE.root.digest}`));
  const answer = await fetch(`http://${ours}/v2/library/app/referrers/${OTHER.root.digest}`);
  const { manifests } = (await answer.json()) as { readonly manifests: readonly { readonly digest: string }[] };
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [sbom.root.digest],
  );
  const hex = IMAGE.root.digest.slice(7);
  assert.ok(!existsSync(join(folder, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')));
});
