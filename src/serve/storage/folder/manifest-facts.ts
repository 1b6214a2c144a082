import { type Digest, isDigest, OCI_INDEX, OCI_MANIFEST, SCHEMA1_MANIFEST, SCHEMA1_SIGNED_MANIFEST } from '#oci';

/** What the storage reads of a manifest. Content that is none has no facts; whether it may be kept, others decide. */
export interface ManifestFacts {
  /** As docker's registry finds it, which does not keep what was sent: the document's own, else by what it holds. */
  readonly mediaType: string | undefined;
  /** Its config and layers. */
  readonly blobs: readonly Digest[];
  /** The manifests of an index. */
  readonly manifests: readonly Digest[];
}

const NOTHING: ManifestFacts = { mediaType: undefined, blobs: [], manifests: [] };

export function manifestFacts(bytes: Uint8Array): ManifestFacts {
  const document = parse(bytes);
  if (document === undefined) return NOTHING;
  return {
    mediaType: mediaTypeOf(document),
    blobs: digestsOf([document['config'], ...listOf(document['layers'])]),
    manifests: digestsOf(listOf(document['manifests'])),
  };
}

function mediaTypeOf(document: Record<string, unknown>): string | undefined {
  const own = document['mediaType'];
  if (typeof own === 'string' && own !== '') return own;
  if (Array.isArray(document['manifests'])) return OCI_INDEX;
  if (Array.isArray(document['fsLayers'])) return 'signatures' in document ? SCHEMA1_SIGNED_MANIFEST : SCHEMA1_MANIFEST;
  return 'config' in document || 'layers' in document ? OCI_MANIFEST : undefined;
}

function digestsOf(descriptors: readonly unknown[]): readonly Digest[] {
  const digests = new Set<Digest>();
  for (const descriptor of descriptors) {
    const digest = isRecord(descriptor) ? descriptor['digest'] : undefined;
    if (typeof digest === 'string' && isDigest(digest)) digests.add(digest);
  }
  return [...digests];
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    return isRecord(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
