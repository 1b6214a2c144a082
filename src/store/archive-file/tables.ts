import { indexEntry } from '../index-entry.ts';
import { blobName } from './blob-name.ts';
import type { ArchiveImage, ArchivePlatformImage } from './plan.ts';

const encode = (value: unknown, end = ''): Uint8Array => Buffer.from(JSON.stringify(value) + end);

/** The file `oci-layout`. See the image spec's image-layout.md. */
export const LAYOUT_JSON: Uint8Array = encode({ imageLayoutVersion: '1.0.0' });

/** The file `index.json`: each name's root. */
export function indexJson(images: readonly ArchiveImage[]): Uint8Array {
  const manifests = images.map((image) => rootEntry(image));
  const unique = new Map(manifests.map((entry) => [JSON.stringify(entry), entry]));
  return encode({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [...unique.values()],
  });
}

function rootEntry({ root, tag, fullName, images }: ArchiveImage): object {
  const [only] = images;
  const platform = root.platform ?? (only?.manifest.digest === root.digest ? only.platform : undefined);
  return indexEntry(root, { tag, fullName, platform });
}

interface ManifestItem {
  readonly Config: string;
  RepoTags: string[] | null;
  readonly Layers: readonly string[];
}

/**
 * The file `manifest.json`, as `docker save` writes it: an entry per platform's image. Only the preferred platform's has the names, since
 * docker gives a name to the last entry that claims it.
 */
export function manifestJson(images: readonly ArchiveImage[]): Uint8Array {
  const items = new Map<string, ManifestItem>();
  for (const { images: platforms, names } of images) {
    for (const [index, platform] of platforms.entries()) {
      const item = itemOf(platform);
      const key = JSON.stringify([item.Config, item.Layers]);
      const kept = items.get(key) ?? item;
      items.set(key, kept);
      if (index === 0 && names.length > 0) kept.RepoTags = [...new Set([...(kept.RepoTags ?? []), ...names])];
    }
  }
  return encode([...items.values()], '\n');
}

function itemOf({ config, layers }: ArchivePlatformImage): ManifestItem {
  return {
    Config: blobName(config.descriptor.digest),
    RepoTags: null,
    Layers: layers.map(({ digest }) => blobName(digest)),
  };
}

/** The file `repositories` of docker's first format: repository, tag, the hex of the top layer. Undefined where nothing has a name. */
export function repositoriesJson(images: readonly ArchiveImage[]): Uint8Array | undefined {
  const repositories = new Map<string, Map<string, string>>();
  for (const { images: platforms, names } of images) {
    const [first] = platforms;
    const top = first?.layers.at(-1) ?? first?.config.descriptor;
    if (top === undefined) continue;
    for (const name of names) {
      const colon = name.lastIndexOf(':');
      const repository = name.slice(0, colon);
      const tags = repositories.get(repository) ?? new Map<string, string>();
      repositories.set(repository, tags.set(name.slice(colon + 1), top.digest.slice(top.digest.indexOf(':') + 1)));
    }
  }
  if (repositories.size === 0) return undefined;
  return encode(
    sorted(repositories, (tags) => sorted(tags, (id) => id)),
    '\n',
  );
}

function sorted<T, U>(map: ReadonlyMap<string, T>, value: (of: T) => U): Readonly<Record<string, U>> {
  const entries = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, of]) => [key, value(of)]));
}
