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
  /** The tags that point to a manifest. */
  readonly tagsOf: (repository: string, digest: Digest, options?: StorageOptions) => AsyncIterable<string>;
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
    const kept = mediaType === facts.mediaType ? undefined : mediaType;
    const children = await this.#childLinks(repository, facts);
    const workshop = await files.newFolder();
    try {
      const prepared = data.isPlaced(digest, bytes.length) ? undefined : `${workshop}/data`;
      const revision = this.#isKnown(repository, digest, kept) ? undefined : `${workshop}/revision`;
      await Promise.all([
        prepared === undefined ? undefined : this.#write(prepared, { data: bytes }),
        revision === undefined ? undefined : this.#write(revision, { link: digest, [MEDIA_TYPE_FILE]: kept }),
        ...tags.map((_, index) => tagLinks.prepare(`${workshop}/tag-${index}`, digest)),
      ]);
      throwIfCancelled(options.signal);
      await data.keep(digest, prepared, () => this.#placeRevision(repository, digest, revision));
      await this.#restore(children);
      const folders = tags.map((tag) => files.paths.tag(repository, tag));
      await Promise.all(folders.map((tag, index) => tagLinks.point(tag, digest, `${workshop}/tag-${index}`)));
    } finally {
      if (!files.removeEmpty(workshop)) await files.removeTree(workshop);
    }
  }

  /** Undefined: there was no such manifest. */
  async remove(repository: string, digest: Digest, options: StorageOptions): Promise<readonly string[] | undefined> {
    const { files, links, tagLinks, tagsOf } = this.#terms;
    const folder = files.paths.revision(repository, digest);
    if (links.stat(folder) === undefined) return undefined;
    const removed: string[] = [];
    const grave = await files.newFolder();
    try {
      // Before the manifest: whoever knows a tag looks at nothing but the tag.
      for await (const tag of tagsOf(repository, digest, options)) {
        if (tagLinks.bury(repository, tag, `${grave}/tag-${removed.length}`)) removed.push(tag);
      }
      const isRemoved = files.move(folder, `${grave}/revision`);
      await files.settle(parentOf(folder), ...(removed.length > 0 ? [files.paths.tags(repository)] : []));
      return isRemoved ? removed : undefined;
    } finally {
      await files.removeTree(grave);
    }
  }

  /** A folder with these files. */
  async #write(folder: string, content: Readonly<Record<string, string | Uint8Array | undefined>>): Promise<void> {
    const { files } = this.#terms;
    files.fs.mkdirSync(folder, { mode: files.modes.folder });
    for (const [name, part] of Object.entries(content)) {
      if (part !== undefined) await files.write(`${folder}/${name}`, part);
    }
  }

  /** @param kept the media type that its content does not tell */
  #isKnown(repository: string, digest: Digest, kept: string | undefined): boolean {
    const { files, links } = this.#terms;
    const folder = files.paths.revision(repository, digest);
    return links.isWhole(folder, digest) && keptTypeOf(files, folder) === kept;
  }

  async #placeRevision(repository: string, digest: Digest, prepared: string | undefined): Promise<readonly string[]> {
    const { files, links, manifests, tagLinks } = this.#terms;
    const folder = files.paths.revision(repository, digest);
    if (prepared === undefined) return links.make(folder, digest);
    if (!(await files.adopt(prepared, folder))) {
      // It had another media type.
      const isKept = files.stat(`${prepared}/${MEDIA_TYPE_FILE}`) !== undefined;
      if (isKept) await files.adopt(`${prepared}/${MEDIA_TYPE_FILE}`, `${folder}/${MEDIA_TYPE_FILE}`);
      else files.remove(`${folder}/${MEDIA_TYPE_FILE}`);
      // The new link tells all processes so; of tags they look at nothing but the tag.
      await files.adopt(`${prepared}/link`, `${folder}/link`);
      for await (const tag of this.#terms.tagsOf(repository, digest)) tagLinks.touch(repository, tag);
      manifests.forget();
    }
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
    const { links, data } = this.#terms;
    let looked = 0;
    for (const [folder, digest] of children) {
      looked += 1;
      if (looked % STRIDE === 0) await nextTurn();
      if (links.stat(folder) !== undefined) continue;
      await data.keep(digest, undefined, () => links.make(folder, digest));
    }
  }
}
