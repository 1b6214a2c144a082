import { isManifestType, parseManifest } from '#oci';
import { blobName } from '../archive-file/blob-name.ts';
import type { ArchivedImage } from './archive.ts';
import { type DockerItem, LARGEST_TABLE } from './docker-table.ts';
import { type Entries, shown } from './entries.ts';

/**
 * An archive may have the tables of both formats, and some read the one and some the other: a name must not stand for two images. Rejects with
 * MANIFEST_INVALID where it does. What only one of the tables names is no contradiction, and for an index docker's table has but one of its platforms.
 */
export function expectAgreement(
  images: readonly ArchivedImage[],
  items: readonly DockerItem[],
  entries: Entries,
): void {
  const named = new Map(images.flatMap(({ names, root }) => names.map((name) => [name, root] as const)));
  for (const { names, config } of items) {
    for (const name of names) {
      const root = named.get(name);
      if (root === undefined || !isManifestType(root.mediaType)) continue;
      const bytes = entries.read(blobName(root.digest), LARGEST_TABLE);
      // What is not there at all is told when it is looked for.
      if (bytes === undefined) continue;
      const { digest } = parseManifest(
        bytes,
        root.mediaType,
        `the manifest of ${shown(name)} in ${entries.what}`,
      ).config;
      if (!config.includes(digest.slice(digest.indexOf(':') + 1))) {
        throw entries.failure(
          `it is ambiguous: ${shown(name)} is one image in index.json and another in manifest.json`,
        );
      }
    }
  }
}
