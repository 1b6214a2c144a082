import { DrayError } from '#errors';
import { type Descriptor, OCI_INDEX, parseIndex, parseJsonStrict } from '#oci';
import type { ArchivedImage } from './archive.ts';
import { LARGEST_TABLE } from './docker-table.ts';
import type { Entries } from './entries.ts';
import { entryNames, mergeImages } from './names.ts';

const VERSION = '1.0.0';

/** What `index.json` of an OCI image layout lists; undefined where the archive is none. Rejects with MANIFEST_INVALID and UNSUPPORTED. */
export function readOciTable(entries: Entries): readonly ArchivedImage[] | undefined {
  const mark = entries.read('oci-layout', LARGEST_TABLE);
  const index = entries.read('index.json', LARGEST_TABLE);
  if (mark === undefined || index === undefined) return undefined;
  const version = parseJsonStrict(mark, `oci-layout of ${entries.what}`)['imageLayoutVersion'];
  if (version !== VERSION) {
    const message = `${entries.what} is an OCI image layout of another version than ${VERSION}`;
    throw new DrayError('UNSUPPORTED', message, { detail: { version } });
  }
  const { manifests } = parseIndex(index, OCI_INDEX, `index.json of ${entries.what}`);
  return mergeImages(manifests.map((entry) => ({ root: plain(entry), ...entryNames(entry) })));
}

/** The entry without what it is called. */
function plain({ mediaType, digest, size, platform, artifactType }: Descriptor): Descriptor {
  return {
    mediaType,
    digest,
    size,
    ...(platform !== undefined && { platform }),
    ...(artifactType !== undefined && { artifactType }),
  };
}
