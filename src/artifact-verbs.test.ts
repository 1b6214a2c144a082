import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '#errors';
import {
  buildArtifact,
  editManifest,
  flipByte,
  helloImage,
  type RegistryOptions,
  startRegistry,
  type TestRegistry,
} from '#testing';
import { createDray } from './create-dray.ts';
import type { Dray } from './dray.ts';

const TITLE = 'org.opencontainers.image.title';
const opened: (Dray | TestRegistry)[] = [];
const home = process.cwd();
let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-artifact-'));
  process.chdir(folder);
  writeFileSync('a.txt', 'hello');
  mkdirSync('d');
  writeFileSync('d/b.json', '{}');
});

after(async () => {
  await Promise.all(opened.map((one) => one.close()));
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

async function serve(options: RegistryOptions = {}): Promise<[TestRegistry, Dray]> {
  const registry = await startRegistry(options);
  const dray = createDray({ root: mkdtempSync(join(folder, 'root-')), env: {}, retries: 0, sync: false });
  opened.push(registry, dray);
  return [registry, dray];
}

function output(): string {
  return mkdtempSync(join(folder, 'out-'));
}

/** Puts an artifact whose files have these names into the registry, past all that dray checks when it pushes one. */
function plant(registry: TestRegistry, name: string, titles: readonly string[], more: object = {}): void {
  const built = buildArtifact({
    artifactType: 'application/example',
    layers: titles.map((title) => ({ mediaType: 'text/plain', content: `content of ${title}` })),
  });
  const graph = editManifest(built, (manifest) => {
    const layers = manifest['layers'] as object[];
    return {
      ...manifest,
      layers: layers.map((layer, at) => ({ ...layer, annotations: { [TITLE]: titles[at], ...more } })),
    };
  });
  registry.add(name, graph);
}

test('files to a registry and back, with the same digest each time', async () => {
  const [registry, dray] = await serve();
  const files = [{ path: 'a.txt' }, { path: './d/b.json', mediaType: 'application/json' }];
  const first = await dray.pushArtifact(registry.reference('files:1'), files, { annotations: { 'org.example': 'x' } });
  const second = await dray.pushArtifact(registry.reference('files:2'), files, { annotations: { 'org.example': 'x' } });
  assert.equal(first.root.digest, second.root.digest);
  assert.equal(registry.tag('files', '1'), first.root.digest);
  const out = output();
  const pulled = await dray.pullArtifact(registry.reference('files:1'), out);
  assert.deepEqual(
    pulled.files.map(({ path }) => path),
    ['a.txt', 'd/b.json'],
  );
  assert.equal(readFileSync(join(out, 'a.txt'), 'utf8'), 'hello');
  assert.equal(readFileSync(join(out, 'd/b.json'), 'utf8'), '{}');
  assert.deepEqual(await dray.images(), []);
});

test('about an image', async () => {
  const image = helloImage('amd64');
  const [registry, dray] = await serve({ images: { 'app:1': image } });
  const options = { subject: '1', artifactType: 'application/spdx+json' };
  const { root, reference } = await dray.pushArtifact(registry.reference('app'), [{ path: 'a.txt' }], options);
  assert.equal(reference, `${registry.reference('app')}@${root.digest}`);
  const { referrers } = await dray.referrers(registry.reference('app:1'));
  assert.deepEqual(
    referrers.map(({ digest, artifactType }) => [digest, artifactType]),
    [[root.digest, 'application/spdx+json']],
  );
});

test('what cannot be pushed', async () => {
  const [registry, dray] = await serve();
  const push = (path: string, path2 = 'a.txt'): Promise<unknown> =>
    dray.pushArtifact(registry.reference('files:1'), [{ path: path2 }, { path }]);
  await assert.rejects(push('/etc/hostname'), (error) => hasCode(error, 'INVALID_OPTION'));
  await assert.rejects(push('../x'), (error) => hasCode(error, 'INVALID_OPTION'));
  await assert.rejects(push('d/../../x'), (error) => hasCode(error, 'INVALID_OPTION'));
  await assert.rejects(push('a.txt'), (error) => hasCode(error, 'INVALID_OPTION'));
  await assert.rejects(push('none'), (error) => hasCode(error, 'NOT_FOUND'));
  await assert.rejects(push('d'), (error) => hasCode(error, 'UNSUPPORTED'));
  assert.equal(registry.tag('files', '1'), undefined);
});

for (const title of ['../evil', '/../evil', 'd/../../evil', 'a\0b', '.', '..']) {
  test(`a file called ${JSON.stringify(title)} goes nowhere else, and nothing is written`, async () => {
    const [registry, dray] = await serve();
    plant(registry, 'files:1', ['good.txt', title]);
    const out = join(output(), 'out');
    await assert.rejects(dray.pullArtifact(registry.reference('files:1'), out), (error) =>
      hasCode(error, 'CORRUPT_LAYER'),
    );
    assert.deepEqual(readdirSync(out), []);
    assert.ok(!existsSync(join(out, '../evil')));
  });
}

test('a link in the folder is not followed', async () => {
  const [registry, dray] = await serve();
  plant(registry, 'files:1', ['sub/file', 'linked']);
  const [out, elsewhere] = [output(), output()];
  writeFileSync(join(elsewhere, 'target'), 'before');
  symlinkSync(elsewhere, join(out, 'sub'));
  symlinkSync(join(elsewhere, 'target'), join(out, 'linked'));
  await assert.rejects(dray.pullArtifact(registry.reference('files:1'), out), (error) => hasCode(error, 'IO_FAILED'));
  rmSync(join(out, 'sub'));
  await dray.pullArtifact(registry.reference('files:1'), out);
  assert.equal(readFileSync(join(elsewhere, 'target'), 'utf8'), 'before');
  assert.deepEqual(readdirSync(elsewhere), ['target']);
  assert.equal(readFileSync(join(out, 'linked'), 'utf8'), 'content of linked');
});

test('a packed folder stays packed', async () => {
  const [registry, dray] = await serve();
  plant(registry, 'files:1', ['docs'], { 'io.deis.oras.content.unpack': 'true' });
  const out = output();
  await dray.pullArtifact(registry.reference('files:1'), out);
  assert.deepEqual(readdirSync(out), ['docs.tar.gz']);
});

test('files that are there are replaced, or kept', async () => {
  const [registry, dray] = await serve();
  plant(registry, 'files:1', ['new', 'old']);
  const out = output();
  writeFileSync(join(out, 'old'), 'before');
  await assert.rejects(dray.pullArtifact(registry.reference('files:1'), out, { overwrite: false }), (error) =>
    hasCode(error, 'IO_FAILED'),
  );
  assert.deepEqual(readdirSync(out), ['old']);
  await dray.pullArtifact(registry.reference('files:1'), out);
  assert.equal(readFileSync(join(out, 'old'), 'utf8'), 'content of old');
});

test('content that is not what the manifest says is not written', async () => {
  const [registry, dray] = await serve({ faults: [flipByte(2, { kind: 'blob', method: 'GET' })] });
  plant(registry, 'files:1', ['file']);
  const out = output();
  await assert.rejects(dray.pullArtifact(registry.reference('files:1'), out), (error) =>
    hasCode(error, 'DIGEST_MISMATCH'),
  );
  assert.deepEqual(readdirSync(out), []);
});

test('what has no files', async () => {
  const [registry, dray] = await serve({ images: { 'app:1': helloImage('amd64') } });
  await assert.rejects(dray.pullArtifact(registry.reference('app:1'), output()), (error) =>
    hasCode(error, 'UNSUPPORTED'),
  );
});
