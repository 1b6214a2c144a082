/** Documents that are broken, ambiguous or not what is asked for: each ends with an error that says so, and without a file. */
import {
  answerWith,
  buildArtifact,
  buildImage,
  buildIndex,
  changeReply,
  digestOf,
  editManifest,
  endless,
  type Fault,
  helloImage,
  MEDIA_TYPES,
  reply,
  sealManifest,
  type TestGraph,
  type TestImage,
  truncate,
} from 'dray/testing';
import { type HostileCase, playAll, pulled, type Scene } from './stage.ts';

const hello = helloImage('amd64');
const arm = helloImage('arm64');
const { manifest: MANIFEST, index: INDEX } = MEDIA_TYPES.oci;
const document = JSON.parse(Buffer.from(hello.blobs.get(hello.root.digest) ?? '').toString()) as {
  readonly config: Record<string, unknown>;
  readonly layers: readonly Record<string, unknown>[];
};

type Options = Scene & { readonly faults?: readonly Fault[]; readonly mediaType?: string; readonly limit?: number };

/** A case of a root that must be refused. Text and bytes stand for themselves. */
function refused(name: string, root: unknown, expect: RegExp, options: Options = {}): HostileCase {
  const { mediaType = MANIFEST, ...rest } = options;
  return faulty(name, sealManifest(root, { mediaType, with: [hello, arm] }), expect, rest);
}

function faulty(
  name: string,
  graph: TestGraph,
  expect: RegExp,
  { faults = [], limit, ...scene }: Options = {},
): HostileCase {
  return { name, expect, limit, scene: (stage) => pulled(stage, graph, { options: { faults }, ...scene }) };
}

/** The image's manifest with something else in it. */
function manifest(change: Readonly<Record<string, unknown>>): unknown {
  return { ...document, ...change };
}

const text = JSON.stringify(document);

playAll('manifests that are none', [
  refused('no byte', '', /manifest/),
  refused('null', 'null', /null/),
  refused('an array', '[]', /array/),
  refused('an array of manifests', `[${text}]`, /array/),
  refused('a string', '"manifest"', /string/),
  refused('a number', '7', /7/),
  refused('an empty object', '{}', /neither layers nor manifests/),
  refused('a page of HTML', '<html><head><title>Sign in</title></head></html>', /not JSON/),
  refused('half a document', text.slice(0, -40), /not JSON/),
  refused('two documents', `${text}${text}`, /not JSON/),
  refused('something behind the document', `${text} x`, /not JSON/),
  refused('not UTF-8', Buffer.from(text.replace('{', '{"note":"\u00ff",'), 'latin1'), /UTF-8/),
  refused('a byte order mark', `\ufeff${text}`, /not JSON|UTF-8/),
  refused('UTF-16', Buffer.from(text, 'utf16le'), /not JSON|UTF-8/),
  refused('nested 100,000 deep', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /nests deeper/),
  refused('a million values', `{"a":[${'1,'.repeat(1_000_000)}1]}`, /more than .* values/),
  refused('layers that are an object', manifest({ layers: {} }), /layers is an object/),
  refused('layers that are null', manifest({ layers: null }), /layers is null/),
  refused('layers that are a string', manifest({ layers: 'many' }), /layers/),
  refused('a layer that is null', manifest({ layers: [null] }), /layers\[0\] is null/),
  refused('a layer that is an array', manifest({ layers: [[]] }), /layers\[0\]/),
  refused('20,000 layers', manifest({ layers: Array.from({ length: 20_000 }, () => document.layers[0]) }), /layers/),
  refused('a config that is null', manifest({ config: null }), /config is null/),
  refused('a config that is an array', manifest({ config: [] }), /config/),
  refused('no config', { schemaVersion: 2, mediaType: MANIFEST, layers: document.layers }, /config/),
  refused('manifests that are null', { schemaVersion: 2, mediaType: INDEX, manifests: null }, /manifests is null/, {
    mediaType: INDEX,
  }),
  refused('manifests that are an object', { schemaVersion: 2, mediaType: INDEX, manifests: {} }, /manifests/, {
    mediaType: INDEX,
  }),
  refused('an entry that is a number', { schemaVersion: 2, mediaType: INDEX, manifests: [7] }, /manifests\[0\]/, {
    mediaType: INDEX,
  }),
  refused('schemaVersion 1', manifest({ schemaVersion: 1 }), /schemaVersion/),
  refused('schemaVersion "2"', manifest({ schemaVersion: '2' }), /schemaVersion/),
  refused('no schemaVersion', manifest({ schemaVersion: undefined }), /schemaVersion/),
  refused('a mediaType that is a list', manifest({ mediaType: [MANIFEST] }), /mediaType/),
  refused('annotations that are no texts', manifest({ annotations: { a: 1 } }), /annotations/),
]);

const layersText = JSON.stringify(document.layers);

playAll('manifests that could be two', [
  refused('layers and manifests', manifest({ manifests: [arm.root] }), /ambiguous/),
  refused(
    'layers and manifests, served as an index',
    { ...document, mediaType: undefined, manifests: [arm.root] },
    /ambiguous/,
    { mediaType: INDEX },
  ),
  refused('layers and fsLayers', manifest({ fsLayers: [] }), /ambiguous/),
  refused('the same key twice', text.replace('"layers":', '"layers":[],"layers":'), /"layers" stands twice/),
  refused(
    'the same key twice, once escaped',
    text.replace('"layers":', '"\\u006cayers":[],"layers":'),
    /"layers" stands twice/,
  ),
  refused('the same key twice in a descriptor', text.replace('"size":', '"size":1,"size":'), /"size" stands twice/),
  refused(
    'a key in other letters',
    text.replace('"layers":', `"Layers":${layersText},"layers":`),
    /"Layers" is ambiguous/,
  ),
  refused('a key in other letters alone', text.replace('"layers":', '"LAYERS":'), /"LAYERS" is ambiguous/),
  refused('a digest in other letters', text.replace('"digest":', '"Digest":'), /"Digest" is ambiguous/),
  refused(
    'an index that calls itself a manifest',
    { schemaVersion: 2, mediaType: MANIFEST, manifests: [hello.root] },
    /mediaType/,
  ),
  refused('a manifest that calls itself an index', manifest({ mediaType: INDEX }), /mediaType/, { mediaType: INDEX }),
  refused('a manifest served as an index', text, /served as/, { mediaType: INDEX }),
  refused(
    'an index served as a manifest',
    { schemaVersion: 2, mediaType: INDEX, manifests: [hello.root] },
    /served as/,
  ),
  refused('an unnamed manifest served as an index', { ...document, mediaType: undefined }, /mediaType|served as/, {
    mediaType: INDEX,
  }),
  refused(
    'an unnamed index served as a manifest',
    { schemaVersion: 2, manifests: [hello.root] },
    /mediaType|served as/,
  ),
  refused('a chart', manifest({ mediaType: 'application/vnd.cncf.helm.chart.v1+json' }), /helm/),
  refused('served as a chart', text, /helm/, { mediaType: 'application/vnd.cncf.helm.chart.v1+json' }),
]);

const layer = document.layers[0] ?? {};
const BIG = 9_007_199_254_740_992;

/** The manifest with one field of its layer changed. */
function withLayer(change: Readonly<Record<string, unknown>>): unknown {
  return manifest({ layers: [{ ...layer, ...change }] });
}

const hex = hello.layers[0]?.digest.slice('sha256:'.length) ?? '';

playAll('descriptors', [
  refused('a negative size', withLayer({ size: -1 }), /size is -1/),
  refused('a size that is a fraction', withLayer({ size: 1.5 }), /size is 1\.5/),
  refused('a size that is text', withLayer({ size: '12' }), /size/),
  refused('a size that is null', withLayer({ size: null }), /size is null/),
  refused('no size', withLayer({ size: undefined }), /size is missing/),
  refused('a size of 2^53', withLayer({ size: BIG }), /size/),
  refused('a size of 1e400', text.replace(/"size":\d+/g, '"size":1e400'), /size/),
  refused('a size of 2^53-1', withLayer({ size: BIG - 1 }), /bytes|space|large/),
  refused('a size of 1 TB', withLayer({ size: 1e12 }), /bytes|space|large/),
  refused('no digest', withLayer({ digest: undefined }), /digest is missing/),
  refused('a digest that leads out of the folder', withLayer({ digest: 'sha256:../../../../etc/passwd' }), /digest/),
  refused('a digest that is too short', withLayer({ digest: 'sha256:abc' }), /digest/),
  refused('a digest in capitals', withLayer({ digest: `sha256:${hex.toUpperCase()}` }), /digest/),
  refused('a digest without an algorithm', withLayer({ digest: hex }), /digest/),
  refused(
    'a digest of md5',
    withLayer({ digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }),
    /unsupported digest algorithm/,
  ),
  refused('a digest of an unknown algorithm', withLayer({ digest: `blake3:${hex}` }), /unsupported digest algorithm/),
  refused('a digest with a line end', withLayer({ digest: `sha256:${hex}\n` }), /digest/),
  refused('a digest with a header in it', withLayer({ digest: `sha256:${hex}\r\nX-Injected: 1\r\n\r\n` }), /digest/),
  refused('a digest with a query', withLayer({ digest: `sha256:${hex}?x=1` }), /digest/),
  refused('a digest that is a number', withLayer({ digest: 7 }), /digest/),
  refused(
    'a config digest that leads out of the folder',
    manifest({ config: { ...document.config, digest: 'sha256:../../x' } }),
    /config\.digest/,
  ),
  refused(
    'an entry whose digest leads out of the folder',
    { schemaVersion: 2, mediaType: INDEX, manifests: [{ ...hello.root, digest: 'sha256:../../x' }] },
    /manifests\[0\]\.digest/,
    { mediaType: INDEX },
  ),
  refused('one digest with two sizes', manifest({ layers: [layer, { ...layer, size: 7 }] }), /size/),
  refused('a media type that is a number', withLayer({ mediaType: 7 }), /mediaType/),
  refused('a media type with a header in it', withLayer({ mediaType: 'a/b\r\nX-Injected: 1' }), /mediaType/),
  refused(
    'a layer of an unknown type',
    withLayer({ mediaType: 'application/vnd.example.secret' }),
    /artifact|not a container image/,
  ),
]);

/** An image whose config is changed so that the manifest fits it. */
function config(editConfig: (config: Record<string, unknown>) => unknown): TestImage {
  return buildImage({
    layers: [{ files: [{ name: 'a', content: 'a' }] }, { files: [{ name: 'b', content: 'b' }] }],
    editConfig,
  });
}

function diffIds(change: (diffIds: readonly string[]) => unknown): TestImage {
  return config(({ rootfs, ...rest }) => {
    const { diff_ids } = rootfs as { readonly diff_ids: readonly string[] };
    return { ...rest, rootfs: { type: 'layers', diff_ids: change(diff_ids) } };
  });
}

/** An image with a config of any bytes. */
function configBytes(bytes: string | Uint8Array, image: TestImage = hello): TestGraph {
  const content = Buffer.from(bytes);
  const descriptor = { mediaType: MEDIA_TYPES.oci.config, digest: digestOf(content), size: content.length };
  return sealManifest(manifest({ config: descriptor }), { mediaType: MANIFEST, with: [image], blobs: [content] });
}

const other = `sha256:${'0'.repeat(64)}`;

playAll('configs', [
  faulty('null', configBytes('null'), /config.*null/),
  faulty('an array', configBytes('[]'), /config.*array/),
  faulty('no byte', configBytes(''), /config/),
  faulty('not JSON', configBytes('not JSON'), /config.*not JSON/),
  faulty('the same key twice', configBytes('{"rootfs":{},"rootfs":{"type":"layers"}}'), /"rootfs" stands twice/),
  faulty('over 8 MiB', configBytes(JSON.stringify({ comment: 'x'.repeat(9 << 20) })), /9437198 bytes|8388608/),
  faulty('without end', hello, /bytes/, { faults: [endless({ kind: 'blob', reference: hello.config.digest })] }),
  faulty(
    'no rootfs',
    config(({ rootfs: _rootfs, ...rest }) => rest),
    /rootfs/,
  ),
  faulty(
    'a rootfs of another type',
    config((whole) => ({ ...whole, rootfs: { type: 'layers+base', diff_ids: [] } })),
    /rootfs\.type/,
  ),
  faulty(
    'no diff_ids',
    diffIds(() => []),
    /2 layers, but its config 0 diff_ids/,
  ),
  faulty(
    'too few diff_ids',
    diffIds((ids) => ids.slice(1)),
    /2 layers, but its config 1 diff_ids/,
  ),
  faulty(
    'too many diff_ids',
    diffIds((ids) => [...ids, ...ids]),
    /2 layers, but its config 4 diff_ids/,
  ),
  faulty(
    'diff_ids in another order',
    diffIds((ids) => ids.toReversed()),
    /uncompressed|diff_id/,
  ),
  faulty(
    'a wrong diff_id',
    diffIds(([first]) => [first, other]),
    /uncompressed|diff_id/,
  ),
  faulty(
    'a wrong diff_id, without the store',
    diffIds(([first]) => [first, other]),
    /uncompressed|diff_id/,
    { flags: ['--no-store'] },
  ),
  faulty(
    'a wrong diff_id, gzipped without the store',
    diffIds(([first]) => [first, other]),
    /uncompressed|diff_id/,
    { flags: ['--no-store'], file: 'image.tar.gz' },
  ),
  faulty(
    'a diff_id that is no digest',
    diffIds(() => ['a', 'b']),
    /diff_ids\[0\]/,
  ),
  faulty(
    'diff_ids that are an object',
    diffIds(() => ({})),
    /diff_ids/,
  ),
  faulty('a wrong diff_id of a layer of an unknown type', ofUnknownType(), /uncompressed|diff_id/),
  faulty(
    'a system that leads out of the folder',
    config((whole) => ({ ...whole, os: '../../x' })),
    /os is/,
  ),
  faulty(
    'a system that is a number',
    config((whole) => ({ ...whole, os: 7 })),
    /os is 7/,
  ),
  faulty('not there', hello, /blob .* not found/, {
    faults: [answerWith({ kind: 'blob', reference: hello.config.digest }, () => reply(404, {}))],
  }),
  faulty('other bytes', hello, /has other content|sha256/, { faults: [replaced(hello.config.digest)] }),
]);

/** The second layer's type says nothing, and its content is not what the config says. */
function ofUnknownType(): TestGraph {
  return editManifest(
    diffIds(([first]) => [first, other]),
    ({ layers, ...rest }) => {
      const [first, second] = layers as readonly object[];
      return { ...rest, layers: [first, { ...second, mediaType: 'application/vnd.example.layer' }] };
    },
  );
}

/** Other bytes, of the same length. */
function replaced(reference: string): Fault {
  return changeReply({ reference }, (answer) => ({ ...answer, body: Buffer.alloc(answer.body.length, '{') }));
}

/** An index with one entry for the image, changed. */
function index(change: Readonly<Record<string, unknown>>): TestGraph {
  const entry = { ...hello.root, platform: hello.platform, ...change };
  return sealManifest({ schemaVersion: 2, mediaType: INDEX, manifests: [entry] }, { mediaType: INDEX, with: [hello] });
}

function within(graph: TestGraph, times: number): TestGraph {
  return times === 0 ? graph : within(buildIndex([{ graph }]), times - 1);
}

const many = Array.from({ length: 20_000 }, (_, at) => ({
  ...arm.root,
  platform: { os: `o${at}`, architecture: 'arm64' },
}));

playAll('indexes', [
  faulty('without the platform', buildIndex([arm]), /no matching manifest for linux\/amd64.*it has linux\/arm64/),
  faulty('without an entry', buildIndex([]), /no matching manifest for linux\/amd64/),
  faulty(
    'with nothing but attestations',
    index({ platform: { os: 'unknown', architecture: 'unknown' } }),
    /no matching manifest/,
  ),
  faulty('with a platform that is a string', index({ platform: 'linux/amd64' }), /platform/),
  faulty('six within each other', within(hello, 6), /deeper/),
  faulty(
    '20,000 entries',
    sealManifest({ schemaVersion: 2, mediaType: INDEX, manifests: many }, { mediaType: INDEX, with: [arm] }),
    /20000 entries|4194304 bytes/,
  ),
  faulty('a manifest that is not there', hello, /manifest for .* not found/, {
    faults: [answerWith({ kind: 'manifest' }, () => reply(404, {}))],
  }),
  faulty('an entry that is not there', index({ digest: other }), /not found/),
  faulty('an entry with other bytes', index({}), /manifest verification failed|other content/, {
    faults: [replaced(hello.root.digest)],
  }),
  faulty('an entry that says a size too small', index({ size: hello.root.size - 1 }), /bytes/),
  faulty('an entry that says a size too large', index({ size: hello.root.size + 1 }), /bytes/),
  faulty('an entry that says 0 bytes', index({ size: 0 }), /bytes/),
  faulty('an entry that says 1 GB', index({ size: 1e9 }), /bytes/),
  faulty('an entry that calls a manifest an index', index({ mediaType: INDEX }), /served as|mediaType|index/),
  faulty(
    'an entry that calls an OCI manifest a docker one',
    index({ mediaType: MEDIA_TYPES.docker.manifest }),
    /served as|mediaType/,
  ),
  faulty(
    'an entry of an unknown type',
    index({ mediaType: 'application/vnd.example' }),
    /example|not found|no matching/,
  ),
]);

const cosign = editManifest(hello, (whole) => ({
  ...whole,
  layers: [{ ...layer, mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json' }],
}));
const chart = sealManifest(
  manifest({ config: { ...document.config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } }),
  { mediaType: MANIFEST, with: [hello] },
);

playAll('artifacts', [
  faulty(
    'an SBOM',
    buildArtifact({
      artifactType: 'application/spdx+json',
      layers: [{ mediaType: 'application/spdx+json', content: '{}' }],
    }),
    /artifact/,
  ),
  faulty('a chart', chart, /artifact/),
  faulty('a signature', cosign, /artifact/),
  faulty(
    'a type of artifact with an escape sequence',
    editManifest(hello, (whole) => ({ ...whole, artifactType: 'x/\u001b[31m' })),
    /artifact/,
  ),
  faulty('an index whose image is an artifact', buildIndex([{ graph: chart, platform: hello.platform }]), /artifact/),
]);

const endlessly = { kind: 'manifest' } as const;

playAll('too large', [
  heavy(),
  refused('a manifest of 5 MiB', manifest({ annotations: { a: 'x'.repeat(5 << 20) } }), /larger than 4194304 bytes/),
  faulty('100 MB announced', hello, /larger than 4194304 bytes/, {
    faults: [changeReply(endlessly, (answer) => ({ ...answer, body: Buffer.alloc(100 << 20, ' ') }))],
  }),
  faulty('100 MB not announced', hello, /4194304 bytes/, {
    faults: [
      changeReply(endlessly, (answer) => ({
        ...answer,
        body: Buffer.alloc(100 << 20, ' '),
        delivery: { framing: 'chunked' },
      })),
    ],
  }),
  faulty('without end', hello, /4194304 bytes/, { faults: [endless(endlessly)] }),
  faulty('an error page without end', hello, /answered 400|400/, {
    faults: [
      changeReply(endlessly, (answer) => ({
        ...answer,
        status: 400,
        body: Buffer.from('error '),
        delivery: { framing: 'chunked', endless: true },
      })),
    ],
  }),
  faulty('an error page of 50 MB', hello, /not found/, {
    faults: [answerWith(endlessly, () => reply(404, { 'content-type': 'text/html' }, Buffer.alloc(50 << 20, 'x')))],
  }),
]);

/** An index of many large ones, made anew whenever they are asked for. */
function heavy(): HostileCase {
  const filler = 'x'.repeat(4_000_000);
  const nested = (at: number): Buffer =>
    Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { at: `${at}`, filler } }),
    );
  const digests = Array.from({ length: 60 }, (_, at) => digestOf(nested(at)));
  const manifests = digests.map((digest, at) => ({ mediaType: INDEX, digest, size: nested(at).length }));
  const heap = answerWith({ kind: 'manifest', when: ({ reference }) => reference !== '1' }, ({ reference }) =>
    reply(200, { 'content-type': INDEX }, nested(digests.findIndex((digest) => digest === reference))),
  );
  return faulty(
    'an index of 60 indexes of 4 MB',
    sealManifest({ schemaVersion: 2, mediaType: INDEX, manifests }, { mediaType: INDEX }),
    /bytes of manifests/,
    { faults: [heap] },
  );
}

/** What the registry says of its manifests. */
function says(digest: string): readonly Fault[] {
  return [
    changeReply({ kind: 'manifest' }, (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'docker-content-digest': digest },
    })),
  ];
}

function askedFor(name: string, graph: TestGraph, expect: RegExp, faults: readonly Fault[]): HostileCase {
  return {
    name,
    expect,
    scene: async (stage) => {
      const registry = await stage.registry({ images: { 'app:1': graph }, faults });
      return { pull: registry.reference(`app@${hello.root.digest}`) };
    },
  };
}

const asArm = changeReply({ kind: 'manifest' }, (answer) => ({
  ...answer,
  body: arm.blobs.get(arm.root.digest) ?? Buffer.from(''),
}));

playAll('digests', [
  faulty('Docker-Content-Digest of something else', hello, /expected sha256:0{64}/, { faults: says(other) }),
  faulty('Docker-Content-Digest that is none', hello, /which is no digest/, { faults: says('latest') }),
  faulty('Docker-Content-Digest of an unknown algorithm', hello, /which is no digest/, {
    faults: says(`blake3:${hex}`),
  }),
  faulty('Docker-Content-Digest that leads out of the folder', hello, /which is no digest/, {
    faults: says('sha256:../../etc/passwd'),
  }),
  faulty('the digest of sha512 of something else', hello, /expected sha512/, {
    faults: says(`sha512:${'0'.repeat(128)}`),
  }),
  askedFor('another image under the digest', hello, /manifest verification failed/, [asArm]),
  askedFor('another image, which is called by its own digest', hello, /manifest verification failed/, [
    asArm,
    ...says(arm.root.digest),
  ]),
  askedFor('another image, which is called by the digest asked for', hello, /manifest verification failed/, [
    asArm,
    ...says(hello.root.digest),
  ]),
  askedFor('a manifest that is cut', hello, /manifest verification failed/, [truncate(100, { kind: 'manifest' })]),
  askedFor('the right manifest under a wrong name', hello, /manifest verification failed/, says(other)),
  faulty('a layer of other bytes', hello, /digest|sha256/, { faults: [replaced(hello.layers[0]?.digest ?? '')] }),
]);

const layerMatch = { kind: 'blob', reference: hello.layers[0]?.digest ?? '' } as const;
const chunked = changeReply(layerMatch, (answer) => ({ ...answer, delivery: { framing: 'chunked' } }));
const size = hello.layers[0]?.bytes.length ?? 0;

playAll('sizes', [
  refused('a config that is called smaller', manifest({ config: { ...document.config, size: 10 } }), /bytes/),
  refused('a config that is called larger', manifest({ config: { ...document.config, size: 10_000 } }), /bytes/),
  refused('a config of 0 bytes', manifest({ config: { ...document.config, size: 0 } }), /bytes/),
  refused('a config of 1 GB', manifest({ config: { ...document.config, size: 1e9 } }), /bytes/),
  refused('a layer that is called smaller', withLayer({ size: size - 1 }), /bytes/),
  refused('a layer that is called larger', withLayer({ size: size + 1 }), /bytes/),
  refused('a layer of 0 bytes', withLayer({ size: 0 }), /bytes|digest/),
  refused('a layer of 100 MB', withLayer({ size: 100e6 }), /bytes/),
  refused('a layer that is called smaller, without a length', withLayer({ size: size - 1 }), /bytes/, {
    faults: [chunked],
  }),
  refused('a layer that is called larger, without a length', withLayer({ size: size + 1 }), /bytes|closed/, {
    faults: [chunked],
    limit: 40,
  }),
  refused('a layer of 0 bytes, without a length', withLayer({ size: 0 }), /bytes|digest/, { faults: [chunked] }),
  refused('a layer of 100 MB, without a length', withLayer({ size: 100e6 }), /bytes|closed/, {
    faults: [chunked],
    limit: 40,
  }),
  refused('a layer of 1 TB, without the store', withLayer({ size: 1e12 }), /bytes|space|large/, {
    flags: ['--no-store'],
  }),
]);
