import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DrayError, hasCode } from '#errors';
import type { ProgressEvent } from '#progress';
import {
  bearerAuth,
  buildArtifact,
  buildImage,
  buildIndex,
  cutAfter,
  flipByte,
  helloImage,
  helloIndex,
  type RegistryOptions,
  startRegistry,
  status,
  type TestImage,
  type TestRegistry,
} from '#testing';
import { createDray } from './create-dray.ts';
import type { Dray, DrayOptions } from './dray.ts';

const MiB = 1024 * 1024;
const S390X = { os: 'linux', architecture: 's390x' };

const opened: (Dray | TestRegistry)[] = [];
let folder = '';
/** Four layers, enough together to be worth a second thread. */
let large: TestImage;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-library-'));
  large = buildImage({
    layers: ['a', 'b', 'c', 'd'].map((seed) => ({ fill: 14 * MiB, seed, compression: 'none' })),
  });
});

after(async () => {
  await Promise.all(opened.map((one) => one.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function serve(options: RegistryOptions): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  opened.push(registry);
  return registry;
}

function open(options: DrayOptions = {}): Dray {
  const root = mkdtempSync(join(folder, 'root-'));
  const dray = createDray({ root, env: {}, sync: false, ...options });
  opened.push(dray);
  return dray;
}

function layerRequests(registry: TestRegistry, image: TestImage) {
  return registry.requests.filter(({ path }) => image.layers.some(({ digest }) => path.includes(digest)));
}

describe('large pulls over several threads', () => {
  test('bring every byte once', async () => {
    const registry = await serve({ images: { 'big:1': large } });
    const events: ProgressEvent[] = [];
    const result = await open({ threads: 2 }).pull(registry.reference('big:1'), {
      onEvent: (event) => events.push(event),
    });
    assert.equal(result.status, 'downloaded');
    assert.equal(layerRequests(registry, large).length, 4);
    for (const { digest } of large.layers) {
      const states = events.flatMap((event) => (event.kind === 'blob' && event.digest === digest ? [event.state] : []));
      assert.deepEqual(states, ['queued', 'started', 'verifying', 'done']);
    }
  });

  test('with a token that only the first thread can get', async () => {
    const registry = await serve({ images: { 'big:1': large }, auth: bearerAuth() });
    const result = await open({ threads: 2 }).pull(registry.reference('big:1'));
    assert.equal(result.status, 'downloaded');
  });

  test('a refusal without a challenge ends it, for all threads', async () => {
    const registry = await serve({ images: { 'big:1': large }, faults: [status(401, { kind: 'blob', times: 3 })] });
    await assert.rejects(open({ threads: 2 }).pull(registry.reference('big:1')), (error) =>
      hasCode(error, 'UNAUTHORIZED'),
    );
  });

  test('go on where connections broke', async () => {
    const registry = await serve({
      images: { 'big:1': large },
      faults: [cutAfter(3 * MiB, { kind: 'blob', times: 6 })],
    });
    const result = await open({ threads: 2 }).pull(registry.reference('big:1'));
    assert.equal(result.status, 'downloaded');
    const sizes = large.layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const served = large.layers.reduce((sum, { digest }) => sum + registry.served.of(digest), 0);
    assert.ok(served < sizes * 1.05, `${served} of ${sizes}`);
  });

  test('report wrong bytes as errors of the library', async () => {
    const registry = await serve({
      images: { 'big:1': large },
      faults: [flipByte(77, { kind: 'blob', when: isLayer })],
    });
    await assert.rejects(open({ threads: 2 }).pull(registry.reference('big:1')), (error) => {
      assert.ok(error instanceof DrayError);
      assert.equal(error.code, 'DIGEST_MISMATCH');
      return true;
    });
  });

  test('stop when cancelled, keep what came, and go on with it', async () => {
    const registry = await serve({ images: { 'big:1': large } });
    const root = join(folder, 'cancelled');
    const controller = new AbortController();
    const onEvent = (event: ProgressEvent): void => {
      if (event.kind === 'blob-progress' && event.received > 4 * MiB) controller.abort();
    };
    const first = open({ threads: 2, root }).pull(registry.reference('big:1'), { signal: controller.signal, onEvent });
    await assert.rejects(first, (error) => hasCode(error, 'CANCELLED'));
    await open({ threads: 2, root }).pull(registry.reference('big:1'));
    assert.ok(layerRequests(registry, large).some(({ headers }) => headers.range !== undefined));
  });

  test('straight into an archive are the same bytes as with one thread', async () => {
    const registry = await serve({ images: { 'big:1': large } });
    const one = join(folder, 'one.tar');
    const more = join(folder, 'more.tar');
    const reference = registry.reference('big:1');
    await open({ threads: 0 }).pull(reference, { store: false, output: { path: one } });
    await open({ threads: 2 }).pull(reference, { store: false, output: { path: more } });
    assert.equal(Buffer.compare(readFileSync(one), readFileSync(more)), 0);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('partial')),
      [],
    );
  });
});

describe('the library', () => {
  test('reads and makes nothing before the first call', async () => {
    const root = join(folder, 'untouched');
    const dray = createDray({ root, env: {} });
    await dray.close();
    assert.ok(!readdirSync(folder).includes('untouched'));
  });

  test('numbers that make no sense are refused, before they can hang anything', { timeout: 20_000 }, async () => {
    const registry = await serve({ images: { 'app:1': helloIndex() } });
    const reference = registry.reference('app:1');
    for (const options of [{ concurrency: 0 }, { concurrency: Number.NaN }, { limitRate: 0 }, { retries: -1 }]) {
      await assert.rejects(open(options).pull(reference), (e) => hasCode(e, 'INVALID_OPTION'), JSON.stringify(options));
    }
    await assert.rejects(open().pull(reference, { concurrency: 0 }), (e) => hasCode(e, 'INVALID_OPTION'));
  });

  test('what was wrong with settings or store is looked at anew by the next call', async () => {
    const registry = await serve({ images: { 'app:1': helloIndex() } });
    const config = mkdtempSync(join(folder, 'config-'));
    const root = join(folder, 'mended');
    const settings = join(config, 'dray', 'config.json');
    mkdirSync(join(config, 'dray'));
    writeFileSync(settings, '{');
    writeFileSync(root, 'no folder');
    const dray = open({ root, env: { XDG_CONFIG_HOME: config } });
    const pull = () => dray.pull(registry.reference('app:1'));
    await assert.rejects(pull(), (e) => hasCode(e, 'INVALID_CONFIGURATION'));
    rmSync(settings);
    await assert.rejects(pull(), (e) => hasCode(e, 'IO_FAILED', 'STORE_INCOMPATIBLE'));
    rmSync(root);
    assert.equal((await pull()).status, 'downloaded');
  });

  test('looks at manifests, configs, digests and tags', async () => {
    const registry = await serve({ images: { 'app:1': helloIndex(), 'app:2': helloIndex() } });
    const dray = open();
    const reference = registry.reference('app:1');
    const { descriptor, fullName } = await dray.manifest(reference);
    assert.equal(fullName, reference);
    assert.equal(await dray.digest(reference), descriptor.digest);
    const arm = await dray.manifest(reference, { platform: 'linux/arm64' });
    assert.notEqual(arm.descriptor.digest, descriptor.digest);
    const config: unknown = JSON.parse(
      Buffer.from(await dray.config(reference, { platform: 'linux/arm64' })).toString(),
    );
    assert.ok(typeof config === 'object' && config !== null && 'architecture' in config);
    assert.equal(config.architecture, 'arm64');
    assert.deepEqual(await dray.tags(registry.reference('app')), ['1', '2']);
    await assert.rejects(dray.tags(reference), (error) => hasCode(error, 'INVALID_REFERENCE'));
  });

  test('finds what a pull would find, in the last of several indexes too', async () => {
    const inner = buildIndex([helloImage('amd64')]);
    const image = buildIndex([{ graph: buildIndex([buildImage({ platform: S390X })]) }, { graph: inner }]);
    const sbom = buildArtifact({ artifactType: 'application/x.sbom' });
    const registry = await serve({ images: { 'app:1': image, 'app:sbom': sbom } });
    const dray = open();
    const reference = registry.reference('app:1');
    const digest = await dray.digest(reference, { platform: 'linux/amd64' });
    assert.equal(digest, helloImage('amd64').root.digest);
    assert.equal(await dray.digest(`${reference}@${digest}`), digest);
    await assert.rejects(dray.digest(reference, { platform: 'linux/riscv64' }), (e) => hasCode(e, 'PLATFORM_UNKNOWN'));
    await assert.rejects(dray.config(registry.reference('app:sbom')), (e) => hasCode(e, 'UNSUPPORTED'));
  });

  test('takes the platform of the environment where none is named', async () => {
    const registry = await serve({ images: { 'app:1': helloIndex() } });
    const dray = open({ env: { DOCKER_DEFAULT_PLATFORM: 'linux/arm64' } });
    const { images } = await dray.pull(registry.reference('app:1'));
    assert.equal(images[0]?.platform.architecture, 'arm64');
  });

  test('sends the caller’s credentials to the registry of the reference, not to its mirror', async () => {
    const registry = await serve({ images: { 'app:1': helloIndex() } });
    const mirror = await serve({
      images: {},
      faults: [status(401, { headers: { 'www-authenticate': 'Basic realm="x"' } })],
    });
    const dray = open({ mirrors: [mirror.url], credentials: { username: 'u', password: 'secret' } });
    await dray.pull(registry.reference('app:1'));
    assert.ok(mirror.requests.length > 0);
    assert.ok(mirror.requests.every(({ headers }) => headers.authorization === undefined));
  });
});

function isLayer({ path }: { readonly path: string }): boolean {
  return large.layers.some(({ digest }) => path.includes(digest));
}
