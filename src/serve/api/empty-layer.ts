import type { Digest } from '#oci';
import type { StoredBlob } from '../storage/port.ts';
import type { RouteContext } from './route-context.ts';

/** The gzipped empty tar that schema1 names for every step without files. Nobody pushes it, and old clients ask for it. */
export const EMPTY_LAYER: Digest = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';

const BYTES = Buffer.from('H4sIAAAJbogA/2IYBaNgFIxYAAgAAP//Lq+17wAEAAA=', 'base64');

/** The empty layer, in every repository that is there. */
export async function emptyLayer(
  digest: Digest,
  { storage, repository }: RouteContext,
): Promise<StoredBlob | undefined> {
  if (digest !== EMPTY_LAYER || (await storage.tags(repository, { limit: 0 })) === undefined) return undefined;
  return {
    digest,
    size: BYTES.length,
    bytes: BYTES,
    async *read({ start, end }) {
      yield BYTES.subarray(start, end);
    },
  };
}
