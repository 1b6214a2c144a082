import type { Bytes } from '#bytes';
import { readAll } from '#bytes';
import type { CallOptions, Store, Tagger } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, type Digest, digestOf, digestParts, isDocumentType, isTag } from '#oci';
import type { RepositoryContext } from './context.ts';
import { fetchManifest } from './manifests.ts';
import { linkReferrer } from './push/link-referrer.ts';
import { mountBlob } from './push/mount-blob.ts';
import { putManifest } from './push/put-manifest.ts';
import { uploadBlob } from './push/upload-blob.ts';
import type { FetchedManifest, Repository } from './types.ts';

/** What registries take. */
const MANIFEST_LIMIT = 4 * 1024 * 1024;
/** Bytes of manifests that are kept for their tags. */
const MOST_KEPT = 8 * 1024 * 1024;

export interface WritingOptions {
  /** With credentials to push. */
  readonly context: RepositoryContext;
  /** The same with credentials to read from another repository, too. */
  readonly mounting: (from: string | undefined) => RepositoryContext;
  readonly checked: (tagOrDigest: string) => string;
}

export type Writing = Required<Pick<Store, 'put' | 'upload' | 'mount'>> & Tagger & Pick<Repository, 'putManifest'>;

/** The half of a repository that brings things there. */
export function writingTo({ context, mounting, checked }: WritingOptions): Writing {
  const kept = new KeptManifests();
  const links = new Map<Digest, Promise<void>>();

  const put = async (tagOrDigest: string, manifest: FetchedManifest, options: CallOptions = {}): Promise<void> => {
    const { subject, linked } = await putManifest(context, checked(tagOrDigest), { ...manifest, ...options });
    kept.add(manifest);
    if (subject === undefined || linked) return;
    // One after the other: each reads what the one before has written.
    const before = links.get(subject) ?? Promise.resolve();
    const link = before.catch(() => {}).then(() => linkReferrer(context, subject, { ...manifest, ...options }));
    links.set(subject, link);
    await link;
  };

  return {
    putManifest: put,
    put: async (target, content, options) => {
      if (!isDocumentType(target.mediaType)) {
        return uploadBlob(context, target, readOnce(content), { ...options, once: true });
      }
      await put(target.digest, { descriptor: target, bytes: await readDocument(target, content) }, options);
    },
    upload: (target, read, options) => uploadBlob(context, target, read, options),
    mount: (target, from, options) => mountBlob(mounting(from), target, { ...options, from }),
    tag: async (name, root, options) => {
      if (!isTag(name)) throw new DrayError('INVALID_REFERENCE', `${JSON.stringify(name.slice(0, 200))} is not a tag`);
      const bytes = kept.get(root.digest) ?? (await fetchManifest(context, root.digest, options)).bytes;
      await put(name, { descriptor: root, bytes }, options);
    },
  };
}

function readOnce(content: Bytes): () => Promise<Bytes> {
  let isRead = false;
  return () => {
    if (isRead) throw new DrayError('CONNECTION_LOST', 'the upload broke off, and its content cannot be read again');
    isRead = true;
    return Promise.resolve(content);
  };
}

async function readDocument(target: Descriptor, content: Bytes): Promise<Uint8Array> {
  const bytes = await readAll(content, MANIFEST_LIMIT, `manifest ${target.digest}`);
  const { digest, size } = target;
  if (bytes.length !== size) {
    throw new DrayError('SIZE_MISMATCH', `manifest ${digest} should have ${size} bytes, but it has ${bytes.length}`, {
      detail: { expected: size, found: bytes.length },
    });
  }
  const found = digestOf(bytes, digestParts(digest).algorithm);
  if (found !== digest) {
    throw new DrayError('DIGEST_MISMATCH', `manifest ${digest} has the digest ${found}`, {
      detail: { expected: digest, found },
    });
  }
  return bytes;
}

/** The manifests that were put last, since tags follow. */
class KeptManifests {
  readonly #bytes = new Map<Digest, Uint8Array>();
  #size = 0;

  get(digest: Digest): Uint8Array | undefined {
    return this.#bytes.get(digest);
  }

  add({ descriptor: { digest }, bytes }: FetchedManifest): void {
    if (this.#bytes.has(digest)) return;
    this.#bytes.set(digest, bytes);
    this.#size += bytes.length;
    for (const [oldest, { length }] of this.#bytes) {
      if (this.#size <= MOST_KEPT) return;
      this.#bytes.delete(oldest);
      this.#size -= length;
    }
  }
}
