import { type Digest, digestOf, digestParts, isDigest } from '#oci';
import { BoundedCache } from '#store';
import type { Clock } from '#timing';
import type { StoredManifest } from '../port.ts';
import type { Data } from './data.ts';
import type { DataFolder } from './data-folder.ts';
import type { Links } from './links.ts';
import { manifestFacts } from './manifest-facts.ts';
import { isStill, type Stamp, stampOf } from './stamp.ts';

/** The media type of a manifest, beside its link, where it is another one than its content says. Docker's registry does not look at it. */
export const MEDIA_TYPE_FILE = 'mediatype';
const UNKNOWN_TYPE = 'application/octet-stream';

export interface ManifestsTerms {
  readonly files: DataFolder;
  readonly links: Links;
  readonly data: Data;
  readonly clock: Clock;
  /** Bytes of manifests kept in memory. */
  readonly cacheSize: number;
}

interface Known {
  readonly manifest: StoredManifest;
  readonly stamp: Stamp;
}

/** Manifests by tag and by digest, each read once for as long as its link does not change: one stat then tells that it is still there. */
export class Manifests {
  readonly #terms: ManifestsTerms;
  readonly #documents: BoundedCache<StoredManifest>;
  readonly #revisions: BoundedCache<Known>;
  readonly #tags: BoundedCache<Known>;

  constructor(terms: ManifestsTerms) {
    this.#terms = terms;
    this.#documents = new BoundedCache(terms.cacheSize);
    this.#revisions = new BoundedCache(terms.cacheSize);
    this.#tags = new BoundedCache(terms.cacheSize);
  }

  manifest(repository: string, digest: Digest): StoredManifest | undefined {
    const { files, links, clock } = this.#terms;
    const folder = files.paths.revision(repository, digest);
    const stats = links.stat(folder);
    if (stats === undefined) return undefined;
    const known = this.#revisions.get(folder);
    if (known !== undefined && isStill(known.stamp, stats)) return known.manifest;
    const stamp = stampOf(stats, clock.now());
    const manifest = this.#load(digest, keptTypeOf(files, folder));
    if (manifest === undefined) return undefined;
    this.#revisions.set(folder, { manifest, stamp }, weightOf(folder, manifest));
    return manifest;
  }

  tagged(repository: string, tag: string): StoredManifest | undefined {
    const { files, links, clock } = this.#terms;
    const folder = `${files.paths.tag(repository, tag)}/current`;
    const stats = links.stat(folder);
    if (stats === undefined) return undefined;
    const known = this.#tags.get(folder);
    if (known !== undefined && isStill(known.stamp, stats)) return known.manifest;
    const stamp = stampOf(stats, clock.now());
    const digest = this.target(repository, tag);
    const manifest = digest === undefined ? undefined : this.manifest(repository, digest);
    if (manifest === undefined) return undefined;
    this.#tags.set(folder, { manifest, stamp }, weightOf(folder, manifest));
    return manifest;
  }

  /** What the link of a tag says, whether or not the manifest is there. */
  target(repository: string, tag: string): Digest | undefined {
    const { files } = this.#terms;
    const text = files.read(`${files.paths.tag(repository, tag)}/current/link`);
    return text !== undefined && isDigest(text) ? text : undefined;
  }

  /** To be called when a manifest has got another media type: tags know it by its old one. */
  forget(): void {
    this.#revisions.clear();
    this.#tags.clear();
  }

  #load(digest: Digest, kept: string | undefined): StoredManifest | undefined {
    const key = `${digest} ${kept ?? ''}`;
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const bytes = this.#terms.data.read(digest);
    // What was cut or changed on the disk is not there; whoever pushes it again puts it right.
    if (bytes === undefined || digestOf(bytes, digestParts(digest).algorithm) !== digest) return undefined;
    const mediaType = kept ?? manifestFacts(bytes).mediaType ?? UNKNOWN_TYPE;
    const manifest: StoredManifest = { digest, mediaType, bytes };
    this.#documents.set(key, manifest, weightOf(key, manifest));
    return manifest;
  }
}

/** Most have none: to look costs less than an error. */
export function keptTypeOf(files: DataFolder, folder: string): string | undefined {
  const path = `${folder}/${MEDIA_TYPE_FILE}`;
  return files.stat(path) === undefined ? undefined : files.read(path);
}

function weightOf(key: string, { bytes }: StoredManifest): number {
  return key.length + bytes.length + 600;
}
