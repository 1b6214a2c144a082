import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createDray } from '#dray';
import type { ImageSummary } from '#engine';
import { buildArtifact, buildImage, buildIndex, type TestImage } from '#testing';
import { startTestEngine } from '../engine.test.fixture.ts';
import { attestationOf, keep, messageOf, sizeOf, withFilters } from './kept.test.fixture.ts';

function made(created: string | undefined, labels: Readonly<Record<string, string>> = {}): TestImage {
  return buildImage({
    layers: [{ files: [{ name: String(created), content: 'x' }] }],
    config: { Labels: labels },
    editConfig: (config) => ({ ...config, created }),
  });
}

const OLD = made('2024-01-01T00:00:00Z', { kind: 'old', 'a\u001b[31m\n': '\u0007' });
const MID = made('2025-01-01T00:00:00.000000001Z', { kind: 'mid' });
const MID_TOO = made('2025-01-01T00:00:00.000000002Z', { kind: 'mid', more: '' });
const NEW = made('2026-01-01T00:00:00+01:00');
const UNDATED = made(undefined);

const engine = await startTestEngine({ after });
await keep(engine, 'docker.io/library/old:1', OLD, { source: 'https://registry-1.docker.io' });
await keep(engine, 'docker.io/library/old:latest', OLD);
await keep(engine, 'localhost:5000/team/mid:1', MID);
await keep(engine, `host.example/by-digest@${MID_TOO.root.digest}`, MID_TOO, { source: 'https://host.example' });
await keep(engine, undefined, NEW);
await keep(engine, 'docker.io/library/undated:1', UNDATED);
await keep(engine, 'docker.io/library/chart:1', buildArtifact({ artifactType: 'application/vnd.example' }));

async function rows(path: string): Promise<readonly ImageSummary[]> {
  const answer = await engine.ask('GET', path);
  assert.equal(answer.status, 200, answer.text);
  return answer.json() as readonly ImageSummary[];
}

test('one row for each ID, newest first, with docker’s fields in docker’s order', async () => {
  const all = await rows('/v1.51/images/json?all=1&digests=1');
  assert.deepEqual(
    all.map(({ Id }) => Id),
    [NEW, MID_TOO, MID, OLD, UNDATED].map(({ config }) => config.digest),
  );
  const [first, second, , old, undated] = all;
  assert.deepEqual(old, {
    Containers: 0,
    Created: 1_704_067_200,
    Id: OLD.config.digest,
    Labels: { kind: 'old', 'a\u001b[31m\n': '\u0007' },
    ParentId: '',
    Descriptor: OLD.root,
    RepoDigests: [`old@${OLD.root.digest}`],
    RepoTags: ['old:1', 'old:latest'],
    SharedSize: -1,
    Size: OLD.layers[0]?.bytes.length,
  });
  assert.equal(
    Object.keys(old ?? {}).join(' '),
    'Containers Created Id Labels ParentId Descriptor RepoDigests RepoTags SharedSize Size',
  );
  assert.deepEqual([first?.RepoTags, first?.RepoDigests, first?.Labels], [[], [], null]);
  assert.deepEqual([second?.RepoTags, second?.RepoDigests], [[], [`host.example/by-digest@${MID_TOO.root.digest}`]]);
  assert.equal(first?.Created, 1_767_222_000);
  assert.equal(undated?.Created, 0);
});

test('rows by the version of the API', async () => {
  const of = async (version: string): Promise<ImageSummary> => {
    const [row] = await rows(`/v${version}/images/json`);
    assert.ok(row !== undefined);
    return row;
  };
  const at50 = await of('1.50');
  assert.deepEqual([at50.Containers, at50.Descriptor?.digest], [-1, NEW.root.digest]);
  assert.equal((await of('1.47')).Descriptor, undefined);
  assert.equal((await of('1.44')).VirtualSize, undefined);
  const at43 = await of('1.43');
  assert.deepEqual([at43.VirtualSize, at43.RepoTags, at43.RepoDigests], [at43.Size, [], []]);
  const at42 = await of('1.42');
  assert.deepEqual([at42.RepoTags, at42.RepoDigests], [['<none>:<none>'], ['<none>@<none>']]);
  const [, digestOnly, tagOnly] = await rows('/v1.42/images/json');
  assert.deepEqual([digestOnly?.RepoTags, tagOnly?.RepoDigests], [null, null]);
  const [filtered, ...others] = await rows('/v1.40/images/json?filter=old');
  assert.deepEqual([filtered?.Id, others], [OLD.config.digest, []]);
  assert.equal((await rows('/v1.41/images/json?filter=old')).length, 5);
});

const FILTERS: readonly (readonly [filters: unknown, found: readonly TestImage[]])[] = [
  [{}, [NEW, MID_TOO, MID, OLD, UNDATED]],
  ['null', [NEW, MID_TOO, MID, OLD, UNDATED]],
  [{ dangling: { true: true } }, [NEW, MID_TOO]],
  [{ dangling: ['1'] }, [NEW, MID_TOO]],
  [{ dangling: { false: true } }, [MID_TOO, MID, OLD, UNDATED]],
  [{ label: { kind: true } }, [MID_TOO, MID, OLD]],
  [{ label: { 'kind=mid': true } }, [MID_TOO, MID]],
  [{ label: { 'kind=mid': true, more: true } }, [MID_TOO]],
  [{ label: { 'more=': true } }, [MID_TOO]],
  [{ label: { constructor: true } }, []],
  [{ 'label!': { 'kind=mid': true } }, [NEW, OLD, UNDATED]],
  [{ label: ['kind'], 'label!': ['kind=old'] }, [MID_TOO, MID]],
  [{ before: { 'localhost:5000/team/mid:1': true } }, [OLD]],
  [{ before: { [MID_TOO.config.digest]: true } }, [MID, OLD]],
  [{ since: { 'localhost:5000/team/mid:1': true } }, [NEW, MID_TOO]],
  [{ since: { 'old:1': true }, before: { [NEW.config.digest]: true } }, [MID_TOO, MID]],
  [{ since: { 'old:1': true, [MID_TOO.config.digest.slice(0, 30)]: true } }, [NEW]],
  [{ until: { '2025-06-01T00:00:00Z': true } }, [MID_TOO, MID, OLD]],
  [{ until: { 1735689600: true } }, [OLD]],
  [{ until: { '10m': true } }, [NEW, MID_TOO, MID, OLD]],
  [{ reference: { old: true } }, [OLD]],
  [{ reference: { 'o*:l*': true } }, [OLD]],
  [{ reference: { 'o*': true, 'localhost:5000/*/*': true } }, [MID, OLD]],
  [{ reference: { '*': true } }, [OLD, UNDATED]],
  [{ reference: { '*/*': true } }, [MID_TOO]],
  [{ reference: { '*/*': true }, dangling: { true: true } }, [MID_TOO]],
  [{ reference: { nothing: true } }, []],
];

test('filters', async (t) => {
  for (const [filters, found] of FILTERS) {
    await t.test(JSON.stringify(filters), async () => {
      assert.deepEqual(
        (await rows(withFilters(filters))).map(({ Id }) => Id),
        found.map(({ config }) => config.digest),
      );
    });
  }
});

test('of an image only the names that were asked for are told', async () => {
  const [tagged] = await rows(withFilters({ reference: { 'old:1': true } }));
  assert.deepEqual([tagged?.RepoTags, tagged?.RepoDigests], [['old:1'], []]);
  const [both] = await rows(withFilters({ reference: { old: true } }));
  assert.deepEqual([both?.RepoTags?.length, both?.RepoDigests?.length], [2, 1]);
});

const REFUSED: readonly (readonly [filters: unknown, message: string, status?: number])[] = [
  ['{', 'invalid filter'],
  ['[]', 'invalid filter'],
  ['3', 'invalid filter'],
  [{ reference: 'x' }, 'invalid filter'],
  [{ reference: { x: 1 } }, 'invalid filter'],
  [{ nope: { x: true } }, "invalid filter 'nope'"],
  ['{"__proto__":["x"]}', "invalid filter '__proto__'"],
  [{ [`a\u001b\n${'x'.repeat(5000)}`]: ['x'] }, `invalid filter 'a`],
  [{ dangling: { maybe: true } }, "invalid filter 'dangling=[maybe]'"],
  [{ dangling: { true: true, false: true } }, "invalid filter 'dangling=[true false]'"],
  [{ dangling: [] }, "invalid filter 'dangling'"],
  [{ until: { garbage: true } }, 'failed to parse value as time or duration: "garbage"'],
  [{ until: { '2025-13-45': true } }, 'failed to parse value as time or duration: "2025-13-45"'],
  [{ reference: { '[': true } }, 'syntax error in pattern'],
  [{ before: { Foo: true } }, 'invalid reference format: repository name (library/Foo) must be lowercase'],
  [{ before: { nosuch: true } }, 'No such image: nosuch:latest', 404],
  [{ since: { 'oci:/etc': true } }, 'invalid reference format'],
];

test('filters that say nothing', async (t) => {
  for (const [filters, message, status = 400] of REFUSED) {
    await t.test(JSON.stringify(filters).slice(0, 60), async () => {
      const answer = await engine.ask('GET', withFilters(filters));
      assert.equal(answer.status, status, answer.text);
      const said = messageOf(answer);
      assert.ok(said === message || (message.endsWith("'a") && said.startsWith(message)), said);
      assert.ok(!said.includes('\u001b') && !said.includes('\n') && said.length < 1000, said);
    });
  }
});

test('what changes in the store is told by the next answer', async (t) => {
  const own = await startTestEngine(t);
  const tags = async (): Promise<unknown> => {
    const listed = (await own.ask('GET', '/v1.51/images/json')).json() as readonly ImageSummary[];
    return listed.map(({ RepoTags }) => RepoTags);
  };
  assert.deepEqual(await tags(), []);
  await keep(own, 'docker.io/library/one:1', MID);
  assert.deepEqual(await tags(), [['one:1']]);
  await own.dray.tag('one:1', 'two:2');
  assert.deepEqual(await tags(), [['one:1', 'two:2']]);
  await own.dray.remove('one:1');
  assert.deepEqual(await tags(), [['two:2']]);
  await own.dray.remove('two:2');
  assert.deepEqual(await tags(), []);
});

test('manifests of indexes: those that are here, and those that are not', async (t) => {
  const own = await startTestEngine(t);
  const amd = buildImage();
  const arm = buildImage({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }, layers: [{}] });
  const riscv = buildImage({
    platform: { os: 'linux', architecture: 'riscv64' },
    layers: [{ files: [{ name: 'r' }] }],
  });
  const attestation = attestationOf(amd);
  const index = buildIndex([riscv, attestation, amd, { graph: buildIndex([arm]) }]);
  await keep(own, 'docker.io/library/multi:1', index, { source: 'https://registry-1.docker.io', without: [riscv] });
  await keep(own, 'docker.io/library/single:1', arm);
  const asked = async (path: string): Promise<readonly ImageSummary[]> =>
    (await own.ask('GET', path)).json() as readonly ImageSummary[];
  const multi = (await asked('/v1.51/images/json?manifests=1')).find(({ RepoTags }) => RepoTags?.[0] === 'multi:1');
  assert.deepEqual(multi?.Descriptor, index.root);
  const size = (graph: TestImage): object => ({ Content: sizeOf(graph), Total: sizeOf(graph) });
  assert.deepEqual(multi?.Manifests, [
    {
      ID: attestation.graph.root.digest,
      Descriptor: { ...attestation.graph.root, platform: { architecture: 'unknown', os: 'unknown' } },
      Available: true,
      Size: { Content: sizeOf(attestation.graph), Total: sizeOf(attestation.graph) },
      Kind: 'attestation',
      AttestationData: { For: amd.root.digest },
    },
    {
      ID: amd.root.digest,
      Descriptor: { ...amd.root, platform: { architecture: 'amd64', os: 'linux' } },
      Available: true,
      Size: size(amd),
      Kind: 'image',
      ImageData: { Platform: { architecture: 'amd64', os: 'linux' }, Size: { Unpacked: 0 }, Containers: null },
    },
    {
      ID: arm.root.digest,
      Descriptor: { ...arm.root, platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } },
      Available: true,
      Size: size(arm),
      Kind: 'image',
      ImageData: {
        Platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
        Size: { Unpacked: 0 },
        Containers: null,
      },
    },
    {
      ID: riscv.root.digest,
      Descriptor: { ...riscv.root, platform: { architecture: 'riscv64', os: 'linux' } },
      Available: false,
      Size: { Content: 0, Total: 0 },
      Kind: 'image',
      ImageData: { Platform: { architecture: 'riscv64', os: 'linux' }, Size: { Unpacked: 0 }, Containers: null },
    },
  ]);
  const [single] = await asked(withFilters({ reference: { single: true } }).replace('?', '?manifests=1&'));
  assert.deepEqual(
    single?.Manifests?.map(({ ID, ImageData }) => [ID, ImageData?.Platform]),
    [[arm.root.digest, { architecture: 'arm64', os: 'linux', variant: 'v8' }]],
  );
  assert.ok((await asked('/v1.46/images/json?manifests=1')).every(({ Manifests }) => Manifests === undefined));
});

test('a manifest of which a layer is gone is told as what is left of it', async (t) => {
  const own = await startTestEngine(t);
  const image = buildImage();
  const [layer] = image.layers;
  assert.ok(layer !== undefined);
  const other = buildImage({ platform: { os: 'linux', architecture: 's390x' }, layers: [{ files: [{ name: 's' }] }] });
  const gone = { ...image, blobs: new Map([[layer.digest, layer.bytes]]) };
  await keep(own, 'docker.io/library/torn:1', buildIndex([image, other]), { without: [gone] });
  const [row] = (await own.ask('GET', '/images/json?manifests=1')).json() as readonly ImageSummary[];
  const torn = row?.Manifests?.find(({ ID }) => ID === image.root.digest);
  assert.deepEqual([torn?.Available, torn?.Size.Content], [false, sizeOf(image) - layer.bytes.length]);
});

test('what another process changes is in the next answer, in the form of each version', async (t) => {
  const own = await startTestEngine(t);
  const other = createDray({ root: join(own.folder, 'store'), env: {}, sync: false });
  t.after(() => other.close());
  const tags = async (version = '1.51'): Promise<unknown> => {
    const answer = await own.ask('GET', `/v${version}/images/json`);
    return (answer.json() as readonly ImageSummary[]).map(({ RepoTags, Containers }) => [RepoTags, Containers]);
  };
  assert.deepEqual(await tags(), []);
  await keep(own, 'docker.io/library/a:1', NEW);
  assert.deepEqual([await tags(), await tags()], [[[['a:1'], 0]], [[['a:1'], 0]]]);
  await other.tag('a:1', 'a:2');
  assert.deepEqual([await tags('1.50'), await tags()], [[[['a:1', 'a:2'], -1]], [[['a:1', 'a:2'], 0]]]);
  await other.remove('a:1');
  await keep(own, 'docker.io/library/a:2', OLD);
  assert.deepEqual(await tags(), [
    [[], 0],
    [['a:2'], 0],
  ]);
  await other.remove('a:2');
  await other.prune({ all: true });
  assert.deepEqual(await tags(), []);
});
