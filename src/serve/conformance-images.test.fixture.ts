import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  type Descriptor,
  type Digest,
  type DigestAlgorithm,
  digestOf,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_FOREIGN_LAYER,
  OCI_FOREIGN_LAYER_GZIP,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from '#oci';

/** One kind of content that a registry has to take, and give back as it was. */
export interface Sample {
  readonly name: string;
  readonly blobs: Map<Digest, Buffer>;
  /** In the order in which they can be pushed. */
  readonly manifests: Map<Digest, { readonly mediaType: string; readonly bytes: Buffer; readonly subject?: Digest }>;
  readonly tags: Map<string, Digest>;
  readonly referrers: Descriptor[];
  /** Tags are pushed as `?tag=` of the manifest. */
  readonly byParameter?: boolean;
}

const EXAMPLE = 'application/vnd.example.thing.v1';

interface ManifestOptions {
  readonly algorithm?: DigestAlgorithm;
  readonly layers?: number;
  readonly more?: object;
  readonly configType?: string;
  readonly subject?: Descriptor;
  readonly inline?: boolean;
}

interface Facts {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly config?: Descriptor;
}

/** Makes samples: every one has content of its own, so that none leans on what another one left. */
class Maker {
  readonly sample: Sample;

  constructor(name: string, byParameter = false) {
    this.sample = { name, blobs: new Map(), manifests: new Map(), tags: new Map(), referrers: [], byParameter };
  }

  blob(bytes: Buffer, mediaType: string, { algorithm = 'sha256', inline = false }: ManifestOptions = {}): Descriptor {
    const digest = digestOf(bytes, algorithm);
    this.sample.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...(inline && { data: bytes.toString('base64') }) };
  }

  manifest(options: ManifestOptions = {}): Descriptor {
    const { layers = 2, configType = OCI_CONFIG, more = {}, subject } = options;
    const config =
      configType === OCI_CONFIG
        ? { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, id: randomUUID() }
        : {};
    return this.document(
      {
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: this.blob(Buffer.from(JSON.stringify(config)), configType, options),
        layers: Array.from({ length: layers }, () => this.blob(gzipSync(randomBytes(300)), OCI_LAYER_GZIP, options)),
        ...(subject !== undefined && { subject }),
        ...more,
      },
      options,
    );
  }

  index(manifests: readonly Descriptor[], options: ManifestOptions = {}): Descriptor {
    const { more = {}, subject } = options;
    const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests, id: randomUUID(), ...more };
    return this.document({ ...document, ...(subject !== undefined && { subject }) }, options);
  }

  document(document: object, { algorithm = 'sha256', subject }: ManifestOptions = {}): Descriptor {
    const { mediaType = '', artifactType, annotations, config } = document as Facts;
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes, algorithm);
    this.sample.manifests.set(digest, { mediaType, bytes, ...(subject !== undefined && { subject: subject.digest }) });
    const type = artifactType ?? config?.mediaType;
    const descriptor = { mediaType, digest, size: bytes.length };
    if (subject !== undefined) {
      this.sample.referrers.push({
        ...descriptor,
        ...(type !== undefined && { artifactType: type }),
        ...(annotations !== undefined && { annotations }),
      });
    }
    return descriptor;
  }

  tagged(descriptor: Descriptor, ...tags: readonly string[]): this {
    for (const tag of tags) this.sample.tags.set(tag, descriptor.digest);
    return this;
  }
}

const artifact = (subject?: Descriptor, type = EXAMPLE): ManifestOptions => ({
  configType: OCI_EMPTY,
  layers: 1,
  more: { artifactType: type, annotations: { 'org.example.note': randomUUID() } },
  ...(subject !== undefined && { subject }),
});

function pair(maker: Maker, options: ManifestOptions = {}): Descriptor[] {
  return ['amd64', 'arm64'].map((architecture) => ({
    ...maker.manifest(options),
    platform: { os: 'linux', architecture },
  }));
}

const of = (name: string, make: (maker: Maker) => Maker, byParameter = false): Sample =>
  make(new Maker(name, byParameter)).sample;
const missing = { mediaType: OCI_MANIFEST, digest: digestOf(randomUUID()), size: 123 };
const sha512: ManifestOptions = { algorithm: 'sha512' };

/** Everything that the specification lets an image be, each of them once. */
export function samples(): readonly Sample[] {
  return [...images(), ...indexes(), ...artifacts(), ...sparse(), ...withAlgorithms()];
}

function images(): readonly Sample[] {
  return [
    of('image', (maker) => maker.tagged(maker.manifest(), 'image')),
    of('large manifest', (maker) => {
      const notes = Array.from({ length: 390 }, (_, at) => [`large-${at}`, 'A'.repeat(10_000)]);
      return maker.tagged(maker.manifest({ more: { annotations: Object.fromEntries(notes) } }), 'large');
    }),
    of('data in descriptors', (maker) => maker.tagged(maker.manifest({ inline: true }), 'data')),
    of('no layers', (maker) => maker.tagged(maker.manifest({ layers: 0 }), 'bare')),
    of('layers from elsewhere', (maker) => {
      const elsewhere = [OCI_FOREIGN_LAYER, OCI_FOREIGN_LAYER_GZIP].map((mediaType) => {
        const digest = digestOf(randomUUID());
        return { mediaType, digest, size: 123_456, urls: [`https://store.example.com/${digest}`] };
      });
      const config = maker.blob(Buffer.from(JSON.stringify({ id: randomUUID() })), OCI_CONFIG);
      const layers = [...elsewhere, maker.blob(randomBytes(100), OCI_LAYER_GZIP)];
      const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers };
      return maker.tagged(maker.document(document), 'elsewhere');
    }),
  ];
}

function indexes(): readonly Sample[] {
  return [
    of('index', (maker) => maker.tagged(maker.index(pair(maker)), 'index')),
    of('nested index', (maker) =>
      maker.tagged(maker.index([maker.index(pair(maker)), maker.index(pair(maker))]), 'nested'),
    ),
    of('empty index', (maker) => maker.tagged(maker.index([]), 'empty')),
    of('fields of their own', (maker) =>
      maker.tagged(maker.index(pair(maker, { more: { 'org.example': [1] } }), { more: { Custom: {} } }), 'custom'),
    ),
  ];
}

function artifacts(): readonly Sample[] {
  return [
    of('artifact', (maker) => maker.tagged(maker.manifest(artifact()), 'artifact')),
    of('index of artifacts', (maker) =>
      maker.tagged(maker.index(pair(maker, artifact()), { more: { artifactType: EXAMPLE } }), 'artifacts'),
    ),
    of('artifacts with a subject', (maker) => {
      const subject = maker.manifest();
      maker.manifest({ subject });
      maker.tagged(maker.manifest(artifact(subject)), 'one');
      return maker.tagged(maker.manifest(artifact(subject, `${EXAMPLE}+other`)), 'two').tagged(subject, 'subject');
    }),
    of('index with a subject', (maker) => {
      const subject = maker.index(pair(maker));
      return maker.tagged(maker.index(pair(maker), { ...artifact(subject), subject }), 'with-subject');
    }),
    of('missing subject', (maker) => maker.tagged(maker.manifest(artifact(missing)), 'lonely')),
  ];
}

function sparse(): readonly Sample[] {
  return [
    of('sparse image', (maker) => {
      maker.tagged(maker.manifest(), 'sparse');
      const last = [...maker.sample.blobs.keys()].at(-1);
      if (last !== undefined) maker.sample.blobs.delete(last);
      return maker;
    }),
    of('sparse index', (maker) => maker.tagged(maker.index([...pair(maker), missing]), 'sparse-index')),
  ];
}

function withAlgorithms(): readonly Sample[] {
  return [
    of('sha512', (maker) => {
      maker.index(pair(maker, sha512), sha512);
      return maker;
    }),
    of('tags as parameters', (maker) => maker.tagged(maker.index(pair(maker)), 'first', 'second'), true),
    of(
      'tags as parameters, sha512',
      (maker) => maker.tagged(maker.index(pair(maker, sha512), sha512), 'first-512', 'second-512'),
      true,
    ),
  ];
}
