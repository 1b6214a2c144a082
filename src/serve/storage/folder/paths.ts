import { type Digest, digestParts } from '#oci';

/**
 * Where things are in a data folder, as docker's own registry lays it out. Content is below `docker/registry/v2`; what that registry knows
 * nothing of is below `dray`.
 */
export class Paths {
  readonly root: string;
  /** What is being made, or unmade. */
  readonly tmp: string;
  /** Data that a collector has taken away and not yet removed. */
  readonly trash: string;
  readonly repositories: string;
  readonly #blobs: string;

  constructor(root: string) {
    this.root = root;
    this.tmp = `${root}/dray/tmp`;
    this.trash = `${root}/dray/trash`;
    this.repositories = `${root}/docker/registry/v2/repositories`;
    this.#blobs = `${root}/docker/registry/v2/blobs`;
  }

  /** The folder of a blob's or manifest's bytes, which are in its file `data`. */
  data(digest: Digest): string {
    const { algorithm, hex } = digestParts(digest);
    return `${this.#blobs}/${algorithm}/${hex.slice(0, 2)}/${hex}`;
  }

  trashed(digest: Digest): string {
    const { algorithm, hex } = digestParts(digest);
    return `${this.trash}/${algorithm}-${hex}`;
  }

  repository(name: string): string {
    return `${this.repositories}/${name}`;
  }

  layers(repository: string): string {
    return `${this.repositories}/${repository}/_layers`;
  }

  /** The folder whose file `link` makes a blob the repository's. */
  layer(repository: string, digest: Digest): string {
    return `${this.layers(repository)}/${folderOf(digest)}`;
  }

  revisions(repository: string): string {
    return `${this.repositories}/${repository}/_manifests/revisions`;
  }

  /** The folder whose file `link` makes a manifest the repository's. */
  revision(repository: string, digest: Digest): string {
    return `${this.revisions(repository)}/${folderOf(digest)}`;
  }

  tags(repository: string): string {
    return `${this.repositories}/${repository}/_manifests/tags`;
  }

  /** Its file `current/link` says what the tag points to, the folders in `index` what it ever pointed to. */
  tag(repository: string, tag: string): string {
    return `${this.tags(repository)}/${tag}`;
  }

  upload(repository: string, id: string): string {
    return `${this.repositories}/${repository}/_uploads/${id}`;
  }
}

/** `sha256/<hex>`, as the folders of links are named. */
export function folderOf(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `${algorithm}/${hex}`;
}
