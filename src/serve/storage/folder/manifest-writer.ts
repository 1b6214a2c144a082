import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '#errors';
import type { Digest } from '#oci';
import type { StorageOptions, StoredManifest } from '../port.ts';
import type { Data } from './data.ts';
import type { DataFolder } from './data-folder.ts';
import { type Links, parentOf } from './links.ts';
import { manifestFacts } from './manifest-facts.ts';
import { keptTypeOf, type Manifests, MEDIA_TYPE_FILE } from './manifests.ts';
import type { TagLinks } from './tag-links.ts';

export interface ManifestWriterTerms {
  readonly files: DataFolder;
  readonly links: Links;
  readonly data: Data;
  readonly manifests: Manifests;
  readonly tagLinks: TagLinks;
}

/** Children looked at before others get their turn. */
const STRIDE = 500;

export class ManifestWriter {
  readonly #terms: ManifestWriterTerms;

  constructor(terms: ManifestWriterTerms) {
    this.#terms = terms;
  }

  /** The bytes, then the link, then the tags: each lasts before the next one can be seen. */
  async put(
    repository: string,
    manifest: StoredManifest,
    tags: readonly string[],
    options: StorageOptions,
  ): Promise<void> {
    const { files, data, tagLinks } = this.#terms;
    const { digest, bytes, mediaType } = manifest;
    const facts = manifestFacts(bytes);
    const children = await this.#childLinks(repository, facts);
    const prepared = await this.#prepareData(digest, bytes);
    throwIfCancelled(options.signal);
    try {
      if (prepared !== undefined) await data.place(digest, prepared);
      const kept = mediaType === facts.mediaType ? undefined : mediaType;
      const toSettle = await this.#makeRevision(repository, digest, kept);
      await files.settle(...toSettle, ...(await data.confirm(digest, prepared)));
    } finally {
      if (prepared !== undefined) await files.removeTree(prepared);
    }
    await this.#restore(children);
    await Promise.all(tags.map((tag) => tagLinks.point(repository, tag, digest)));
  }

  /** Undefined: there was no such manifest. */
  async remove(
    repository: string,
    digest: Digest,
    tags: AsyncIterable<string>,
  ): Promise<readonly string[] | undefined> {
    const { files, links, tagLinks } = this.#terms;
    const folder = files.paths.revision(repository, digest);
    if (links.stat(folder) === undefined) return undefined;
    const removed: string[] = [];
    // Before the manifest: whoever knows a tag looks at nothing but the tag.
    for await (const tag of tags) if (await tagLinks.remove(repository, tag)) removed.push(tag);
    if (!(await files.discard(folder))) return undefined;
    await files.settle(parentOf(folder));
    return removed;
  }

  async #prepareData(digest: Digest, bytes: Uint8Array): Promise<string | undefined> {
    const { files, data } = this.#terms;
    if (data.find(digest) !== undefined) return undefined;
    const prepared = await files.newFolder();
    await files.write(`${prepared}/data`, bytes);
    return prepared;
  }

  /** @param kept the media type that its content does not tell */
  async #makeRevision(repository: string, digest: Digest, kept: string | undefined): Promise<readonly string[]> {
    const { files, links, manifests } = this.#terms;
    const folder = files.paths.revision(repository, digest);
    if (keptTypeOf(files, folder) === kept) return links.make(folder, digest);
    const prepared = await files.newFolder();
    await files.write(`${prepared}/link`, digest);
    if (kept !== undefined) await files.write(`${prepared}/${MEDIA_TYPE_FILE}`, kept);
    if (!(await files.adopt(prepared, folder))) {
      if (kept === undefined) files.remove(`${folder}/${MEDIA_TYPE_FILE}`);
      else await files.adopt(`${prepared}/${MEDIA_TYPE_FILE}`, `${folder}/${MEDIA_TYPE_FILE}`);
      // A new link tells all processes that the type is another one.
      await files.adopt(`${prepared}/link`, `${folder}/link`);
      await files.removeTree(prepared);
    }
    manifests.forget();
    return [folder, parentOf(folder)];
  }

  /** The links of its children that are there now: a collector that does not yet know of the manifest may take them at any time. */
  async #childLinks(
    repository: string,
    { blobs, manifests }: Pick<ReturnType<typeof manifestFacts>, 'blobs' | 'manifests'>,
  ): Promise<ReadonlyMap<string, Digest>> {
    const { files, links } = this.#terms;
    const found = new Map<string, Digest>();
    const folders: [string, Digest][] = [
      ...blobs.map((digest): [string, Digest] => [files.paths.layer(repository, digest), digest]),
      ...manifests.map((digest): [string, Digest] => [files.paths.revision(repository, digest), digest]),
    ];
    for (const [index, [folder, digest]] of folders.entries()) {
      if (index % STRIDE === STRIDE - 1) await nextTurn();
      const stats = links.stat(folder);
      if (stats === undefined) continue;
      links.touch(folder, stats);
      found.set(folder, digest);
    }
    return found;
  }

  async #restore(children: ReadonlyMap<string, Digest>): Promise<void> {
    const { files, links, data } = this.#terms;
    let looked = 0;
    for (const [folder, digest] of children) {
      looked += 1;
      if (looked % STRIDE === 0) await nextTurn();
      if (links.stat(folder) !== undefined) continue;
      const toSettle = await links.make(folder, digest);
      await files.settle(...toSettle, ...(await data.confirm(digest, undefined)));
    }
  }
}
