import { createHash } from 'node:crypto';
import { BLOCK, encodeHeader, paddingOf } from '#archive';
import { DrayError } from '#errors';
import { type Descriptor, type Digest, digestParts, type Platform } from '#oci';
import { blobName } from './blob-name.ts';
import { DELTA_TABLE, deltaJson } from './delta.ts';
import { indexJson, LAYOUT_JSON, manifestJson, repositoriesJson } from './tables.ts';

export type ArchiveFormat = 'docker-archive' | 'oci-archive';

/** Content whose bytes are known. */
export interface ArchiveDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** One platform's image. */
export interface ArchivePlatformImage {
  readonly platform?: Platform | undefined;
  readonly manifest: Descriptor;
  readonly config: ArchiveDocument;
  readonly layers: readonly Descriptor[];
}

/** One name's image, as it goes into an archive. */
export interface ArchiveImage {
  /** Familiar names with tag, `alpine:3.20`, under which `docker load` makes it known; none for an image that was asked for by digest. */
  readonly names: readonly string[];
  /** Full name with tag, `docker.io/library/alpine:3.20`. */
  readonly fullName?: string | undefined;
  readonly tag?: string | undefined;
  /** What `index.json` points to: an index or a manifest. */
  readonly root: Descriptor;
  /** Indexes and manifests. */
  readonly documents: readonly ArchiveDocument[];
  /** The images for docker, the preferred platform's first. */
  readonly images: readonly ArchivePlatformImage[];
  /** What else the documents point to. */
  readonly blobs?: readonly Descriptor[] | undefined;
}

/** A stretch of the archive: bytes that are known, or the place of a blob. */
export type ArchivePiece =
  | { readonly offset: number; readonly bytes: Uint8Array; readonly blob?: undefined }
  | { readonly offset: number; readonly blob: Descriptor; readonly bytes?: undefined };

/** A blob of the archive; those with `bytes` are known already. */
export interface PlannedBlob {
  readonly descriptor: Descriptor;
  readonly offset: number;
  readonly bytes?: Uint8Array | undefined;
}

/** An archive of which all is known but the layers' bytes. The same images give the same plan. */
export interface ArchivePlan {
  readonly format: ArchiveFormat;
  /** Names the archive: equal for equal archives. */
  readonly digest: Digest;
  /** Bytes of the whole archive. */
  readonly size: number;
  /** From the first byte to the last, without gaps. */
  readonly pieces: readonly ArchivePiece[];
  /** Each blob once, the small ones first. */
  readonly blobs: readonly PlannedBlob[];
}

/** What an archive is made without: content that whoever loads it has already. */
export interface ArchiveDelta {
  readonly without: ReadonlySet<Digest>;
  /** Where that is, for whoever lacks it: names of archives, images. */
  readonly from: readonly string[];
}

/**
 * Lays an archive out: tables, documents and configs first, so that who reads it as a stream knows early what comes, then the layers,
 * each once, as they came from the registry. An `oci-archive` is an OCI image layout; a `docker-archive` has the tables of
 * `docker save` besides. With `delta`, layers that are elsewhere are left out, and a table says so. Rejects with MANIFEST_INVALID where two descriptors contradict each other.
 */
export function planArchive(images: readonly ArchiveImage[], format: ArchiveFormat, delta?: ArchiveDelta): ArchivePlan {
  const known = documentsOf(images);
  const layers = layersOf(images, known);
  const missing = [...layers.values()].filter(({ digest }) => delta?.without.has(digest) === true);
  for (const { digest } of missing) layers.delete(digest);
  const writer = new PlanWriter();
  writer.file('oci-layout', LAYOUT_JSON);
  writer.file('index.json', indexJson(images));
  if (format === 'docker-archive') {
    writer.file('manifest.json', manifestJson(images));
    const repositories = repositoriesJson(images);
    if (repositories !== undefined) writer.file('repositories', repositories);
  }
  if (delta !== undefined && missing.length > 0) writer.file(DELTA_TABLE, deltaJson(missing, delta.from));
  writer.directory('blobs/');
  const algorithms = [...known.keys(), ...layers.keys()].map((digest) => digestParts(digest).algorithm);
  for (const algorithm of [...new Set(algorithms)].sort()) writer.directory(`blobs/${algorithm}/`);
  for (const { descriptor, bytes } of known.values()) writer.document(descriptor, bytes);
  for (const layer of layers.values()) writer.blob(layer);
  return writer.end(format);
}

function documentsOf(images: readonly ArchiveImage[]): Map<Digest, ArchiveDocument> {
  const known = new Map<Digest, ArchiveDocument>();
  for (const image of images) {
    for (const document of [...image.documents, ...image.images.map(({ config }) => config)]) {
      const { descriptor, bytes } = document;
      if (bytes.length !== descriptor.size) throw contradiction(descriptor, bytes.length);
      if (!known.has(descriptor.digest)) known.set(descriptor.digest, document);
    }
  }
  return known;
}

function layersOf(images: readonly ArchiveImage[], known: ReadonlyMap<Digest, unknown>): Map<Digest, Descriptor> {
  const layers = new Map<Digest, Descriptor>();
  for (const image of images) {
    for (const layer of [...image.images.flatMap((one) => one.layers), ...(image.blobs ?? [])]) {
      const other = layers.get(layer.digest);
      if (other !== undefined && other.size !== layer.size) throw contradiction(layer, other.size);
      if (!known.has(layer.digest)) layers.set(layer.digest, other ?? layer);
    }
  }
  return layers;
}

function contradiction(descriptor: Descriptor, otherSize: number): DrayError {
  const { digest, size } = descriptor;
  const message = `${digest} is said to have ${size} bytes in one place and ${otherSize} in another`;
  return new DrayError('MANIFEST_INVALID', message, { detail: { digest, sizes: [size, otherSize] } });
}

/** Puts entry after entry; runs of known bytes become one piece. */
class PlanWriter {
  readonly #pieces: ArchivePiece[] = [];
  readonly #blobs: PlannedBlob[] = [];
  readonly #hash = createHash('sha256');
  #run: Uint8Array[] = [];
  #runStart = 0;
  #offset = 0;

  directory(name: string): void {
    this.#add(encodeHeader({ name, type: 'directory', size: 0 }));
  }

  file(name: string, content: Uint8Array): void {
    this.#add(encodeHeader({ name, type: 'file', size: content.length }));
    this.#add(content);
    this.#add(new Uint8Array(paddingOf(content.length)));
  }

  document(descriptor: Descriptor, bytes: Uint8Array): void {
    const name = blobName(descriptor.digest);
    const offset = this.#offset + encodeHeader({ name, type: 'file', size: bytes.length }).length;
    this.file(name, bytes);
    this.#blobs.push({ descriptor, offset, bytes });
  }

  blob(descriptor: Descriptor): void {
    this.#add(encodeHeader({ name: blobName(descriptor.digest), type: 'file', size: descriptor.size }));
    this.#endRun();
    this.#pieces.push({ offset: this.#offset, blob: descriptor });
    this.#blobs.push({ descriptor, offset: this.#offset });
    this.#hash.update(descriptor.digest);
    this.#offset += descriptor.size;
    this.#runStart = this.#offset;
    this.#add(new Uint8Array(paddingOf(descriptor.size)));
  }

  end(format: ArchiveFormat): ArchivePlan {
    this.#add(new Uint8Array(2 * BLOCK));
    this.#endRun();
    const digest: Digest = `sha256:${this.#hash.digest('hex')}`;
    return { format, digest, size: this.#offset, pieces: this.#pieces, blobs: this.#blobs };
  }

  #add(bytes: Uint8Array): void {
    this.#run.push(bytes);
    this.#offset += bytes.length;
  }

  #endRun(): void {
    const bytes = Buffer.concat(this.#run);
    this.#hash.update(bytes);
    if (bytes.length > 0) this.#pieces.push({ offset: this.#runStart, bytes });
    this.#run = [];
  }
}
