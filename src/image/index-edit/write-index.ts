import type { CallOptions } from '#content';
import { type Descriptor, DOCKER_LIST, DOCKER_MANIFEST, digestOf, OCI_INDEX } from '#oci';
import { indexEntry } from '#store';
import type { Places } from '../places.ts';
import type { RemoteName } from '../remote/remote-name.ts';

export interface NewIndex {
  readonly entries: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Puts an index of manifests that are in the repository under the name; of docker's manifests alone it is a list of docker's. */
export async function writeIndex(
  { reference, label }: RemoteName,
  { entries, annotations = {} }: NewIndex,
  { registries }: Places,
  { signal, onEvent }: CallOptions,
): Promise<Descriptor> {
  const isDockers = entries.length > 0 && entries.every(({ mediaType }) => mediaType === DOCKER_MANIFEST);
  const mediaType = isDockers && Object.keys(annotations).length === 0 ? DOCKER_LIST : OCI_INDEX;
  const bytes = new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: entries.map(entryOf),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    }),
  );
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await registries.writing(
    reference,
    (repository) => repository.putManifest(label, { descriptor, bytes }, { signal, onEvent }),
    { action: 'push', signal, onEvent },
  );
  return descriptor;
}

/** What an entry says of itself stays, also what no image of ours says. */
function entryOf(entry: Descriptor): object {
  const { annotations } = entry;
  return { ...indexEntry(entry, { platform: entry.platform }), ...(annotations !== undefined && { annotations }) };
}
