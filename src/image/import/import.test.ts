import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { readDocument } from '#content';
import { DrayError } from '#errors';
import { OCI_CONFIG, parseConfig, parseManifest } from '#oci';
import { buildLayer, digestOf, rejects, tarOf } from '#testing';
import { TestPlaces } from '../load/places.test.fixture.ts';
import { applyChange } from './apply-change.ts';
import type { ContainerConfig } from './container-config.ts';
import { type ImportOptions, type ImportResult, importImage } from './import.ts';
import { instructionsOf } from './instructions.ts';

const world = new TestPlaces();
after(() => world.close());
const places = world.at();
const TAR = tarOf([{ name: 'etc/' }, { name: 'etc/os-release', content: 'ID=test' }]);

function run(bytes: Uint8Array, options?: ImportOptions): Promise<ImportResult> {
  return importImage({ stream: bytesOf(bytes), name: 'stdin' }, places, options);
}

describe('import: the image', () => {
  it('has the tar as its layer, as it came', async () => {
    const zstd = buildLayer({ files: [{ name: 'a', content: 'a' }], compression: 'zstd' });
    for (const [bytes, diffId] of [
      [TAR, digestOf(TAR)],
      [gzipSync(TAR), digestOf(TAR)],
      [zstd.bytes, zstd.diffId],
    ] as const) {
      const { id, root, layer, name } = await run(bytes, { reference: 'base', created: '2026-01-01T00:00:00Z' });
      assert.equal(name, 'base:latest');
      assert.equal(layer.digest, digestOf(bytes));
      const store = await places.store();
      const { config } = parseManifest(await readDocument(store, root), root.mediaType);
      assert.equal(config.digest, id);
      assert.equal(config.mediaType, OCI_CONFIG);
      const document = parseConfig(await readDocument(store, config));
      assert.deepEqual(document.rootfs.diffIds, [diffId]);
      assert.equal(document.history[0]?.comment, 'Imported from -');
      assert.deepEqual(store.layerFacts(layer.digest)?.diffId, diffId);
      assert.equal((await store.resolve('docker.io/library/base:latest')).digest, root.digest);
    }
  });

  it('of the same tar at the same time is the same', async () => {
    const created = '2026-01-01T00:00:00Z';
    const path = world.path('rootfs.tar');
    writeFileSync(path, TAR);
    const [a, b] = [await run(TAR, { created }), await importImage({ path }, places, { created })];
    assert.equal(a.id, b.id);
    assert.notEqual(a.id, (await run(TAR, { created, message: 'mine' })).id);
    assert.notEqual(a.id, (await run(TAR, { created, platform: 'linux/arm64' })).id);
  });

  it('what is wrong leaves nothing', async () => {
    const before = (await (await places.store()).blobs()).length;
    await rejects(run(Buffer.from('hello')), 'CORRUPT_LAYER');
    await rejects(run(gzipSync(TAR).subarray(0, 60)), 'CORRUPT_LAYER');
    await rejects(run(TAR.subarray(0, 1100)), 'CORRUPT_LAYER');
    await rejects(run(Buffer.from('BZh91AY&SY', 'latin1')), 'UNSUPPORTED');
    await rejects(run(TAR, { reference: 'Base' }), 'INVALID_REFERENCE');
    await rejects(run(TAR, { reference: `base@${digestOf(TAR)}` }), 'INVALID_REFERENCE');
    await rejects(run(TAR, { changes: ['FROM x'] }), 'INVALID_OPTION');
    await rejects(run(TAR, { changes: ['', ' \n# none'] }), 'INVALID_OPTION');
    await rejects(run(TAR, { platform: 'a/b/c/d' }), 'INVALID_PLATFORM');
    await rejects(importImage({ path: world.path('none') }, places), 'NOT_FOUND');
    assert.equal((await (await places.store()).blobs()).length, before);
  });
});

describe('import: changes', () => {
  const GOOD: readonly (readonly [changes: readonly string[], config: ContainerConfig])[] = [
    [['CMD ["/bin/sh", "-c"]'], { Cmd: ['/bin/sh', '-c'] }],
    [['cmd echo $HOME "a b"'], { Cmd: ['/bin/sh', '-c', 'echo $HOME "a b"'] }],
    [["CMD ['/bin/sh']"], { Cmd: ['/bin/sh', '-c', "['/bin/sh']"] }],
    [['CMD []'], { Cmd: [] }],
    [
      ['SHELL ["/bin/bash", "-ec"]', 'ENTRYPOINT run it'],
      { Shell: ['/bin/bash', '-ec'], Entrypoint: ['/bin/bash', '-ec', 'run it'] },
    ],
    [['ENV A=1 B="x y" C=a\\ b'], { Env: ['A=1', 'B=x y', 'C=a b'] }],
    [['ENV A 1 2  3'], { Env: ['A=1 2  3'] }],
    [
      ['ENV A=1', 'ENV A=2 B=$A', "ENV C='$A' D=${A} E=${F:-x} G=${A:+y} H=\\$A"],
      { Env: ['A=2', 'B=1', 'C=$A', 'D=2', 'E=x', 'G=y', 'H=$A'] },
    ],
    [
      ['EXPOSE 80 443/TCP 53/udp', 'EXPOSE 8000-8001'],
      { ExposedPorts: { '80/tcp': {}, '443/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } },
    ],
    [['LABEL a=b "c d"="e f"', 'LABEL a=c'], { Labels: { a: 'c', 'c d': 'e f' } }],
    [['LABEL a b c'], { Labels: { a: 'b c' } }],
    [['ENV U=me', 'USER $U:users'], { Env: ['U=me'], User: 'me:users' }],
    [['VOLUME ["/a b", "/c"]', 'VOLUME /d /e'], { Volumes: { '/a b': {}, '/c': {}, '/d': {}, '/e': {} } }],
    [['WORKDIR /a', 'WORKDIR b/../c'], { WorkingDir: '/a/c' }],
    [['ONBUILD RUN make', 'ONBUILD COPY . /'], { OnBuild: ['RUN make', 'COPY . /'] }],
    [['STOPSIGNAL SIGTERM'], { StopSignal: 'SIGTERM' }],
    [['STOPSIGNAL 9'], { StopSignal: '9' }],
    [['STOPSIGNAL rtmin+3'], { StopSignal: 'rtmin+3' }],
    [['CMD x\nENV A=1\r', '', '# ENV B=2'], { Cmd: ['/bin/sh', '-c', 'x'], Env: ['A=1'] }],
    [['ENV A=1 \\', 'B=2'], { Env: ['A=1', 'B=2'] }],
    [['CMD a\\\n # not b\n\n  c', 'USER me\\'], { Cmd: ['/bin/sh', '-c', 'a  c'], User: 'me' }],
    [['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } }],
    [['HEALTHCHECK CMD curl -f http://x'], { Healthcheck: { Test: ['CMD-SHELL', 'curl -f http://x'] } }],
    [
      ['HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=0 --retries=3 CMD ["a", "b"]'],
      { Healthcheck: { Test: ['CMD', 'a', 'b'], Interval: 90e9, Timeout: 5e8, StartPeriod: 0, Retries: 3 } },
    ],
  ];
  for (const [changes, config] of GOOD) {
    it(JSON.stringify(changes), () => {
      const found: ContainerConfig = {};
      for (const change of instructionsOf(changes)) applyChange(found, change);
      assert.deepEqual(found, config);
    });
  }

  const BAD = [
    '',
    'RUN make',
    'FROM x',
    'constructor x',
    'ENV',
    'ENV A',
    'ENV A=1 B',
    'ENV =1',
    'ENV A="1',
    "ENV A='1",
    'ENV A=${B',
    'EXPOSE x',
    'EXPOSE 70000',
    'EXPOSE 2-1',
    'EXPOSE 80/x',
    'LABEL',
    'USER a b',
    'VOLUME [""]',
    'VOLUME',
    'WORKDIR',
    'ONBUILD FROM x',
    'ONBUILD ONBUILD RUN x',
    'SHELL /bin/sh',
    'STOPSIGNAL SIG TERM',
    'STOPSIGNAL nosuch',
    'STOPSIGNAL 0',
    'STOPSIGNAL RTMIN+16',
    'HEALTHCHECK',
    'HEALTHCHECK RUN x',
    'HEALTHCHECK CMD',
    'HEALTHCHECK NONE x',
    'HEALTHCHECK --interval=x CMD y',
    'HEALTHCHECK --every=1s CMD y',
    'HEALTHCHECK --interval=1us CMD y',
  ];
  it('takes as long as a change is, not longer', () => {
    // in the time that each blank is looked at for each, the test would be ended
    const blank = ' '.repeat(2 ** 20);
    const found: ContainerConfig = {};
    applyChange(found, `${blank}LABEL${blank}a=b${blank}c=d${blank}`);
    assert.deepEqual(found, { Labels: { a: 'b', c: 'd' } });
  });

  it('exposes all ports, and not again and again', () => {
    const found: ContainerConfig = {};
    applyChange(found, 'EXPOSE 1-65535 1-65535/udp');
    assert.equal(Object.keys(found.ExposedPorts ?? {}).length, 2 * 65_535);
    const again = { code: 'INVALID_OPTION', message: /more than 131072 ports/ };
    assert.throws(() => applyChange(found, 'EXPOSE 1-65535'), again);
    assert.throws(() => applyChange({}, `EXPOSE ${'1-65535 '.repeat(2 ** 16)}`), again);
  });

  it('puts in no more than a bit of what variables can grow to', () => {
    const found: ContainerConfig = {};
    applyChange(found, `ENV A=${'x'.repeat(100)}`);
    const grow = (): void => applyChange(found, `ENV A=${'$A'.repeat(10)}`);
    for (let n = 0; n < 3; n += 1) grow();
    assert.equal(found.Env?.[0]?.length, 'A='.length + 100_000);
    assert.throws(
      () => {
        grow();
        grow();
      },
      { code: 'INVALID_OPTION', message: /more than 1048576 characters/ },
    );
  });

  for (const change of BAD) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      assert.throws(
        () => applyChange({}, change),
        (error) => error instanceof DrayError && error.code === 'INVALID_OPTION',
      );
    });
  }
});
