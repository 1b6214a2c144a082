import { type CallOptions, readDocument, type Source } from '#content';
import { DrayError } from '#errors';
import { children, type Descriptor, type Digest, isIndexType, isManifestType, parseIndex, parseManifest } from '#oci';

export interface WholeOptions extends CallOptions {
  /** For messages: the archive. */
  readonly what: string;
  /** What to do about something that is missing. */
  readonly hint?: string | undefined;
}

/** Indexes within indexes. */
const DEEPEST = 4;

/**
 * Which manifests below an index are there with all that they need. docker and containerd write indexes some of whose platforms were left out; as long as one
 * is whole, the others are not missed, but one that is there in part is told of. Rejects with BLOB_UNKNOWN where nothing is whole: for a manifest that is its
 * own root too.
 */
export async function wholeManifests(
  source: Source,
  root: Descriptor,
  options: WholeOptions,
): Promise<(manifest: Descriptor) => boolean> {
  const missing = new Map<Digest, Descriptor>();
  const found = await look(source, root, { ...options, depth: 0, missing });
  if (found === 0) throw missingFrom(missing.values().next().value ?? root, options);
  for (const [manifest, blob] of missing) {
    if (blob.digest === manifest) continue;
    const text = `${options.what} has the manifest ${manifest}, but not its content ${blob.digest}: it is left out`;
    options.onEvent?.({ kind: 'warning', text });
  }
  return ({ digest }) => !missing.has(digest);
}

interface LookOptions extends WholeOptions {
  readonly depth: number;
  /** By manifest, the first thing that it lacks: itself, where it is not there. */
  readonly missing: Map<Digest, Descriptor>;
}

/** How many manifests below `target` are whole. */
async function look(source: Source, target: Descriptor, options: LookOptions): Promise<number> {
  const { missing, depth, signal } = options;
  if (!(await source.has(target, { signal }))) {
    missing.set(target.digest, target);
    return 0;
  }
  if (isIndexType(target.mediaType) && depth < DEEPEST) {
    const { manifests } = parseIndex(await readDocument(source, target, { signal }), target.mediaType);
    let count = 0;
    for (const child of manifests) count += await look(source, child, { ...options, depth: depth + 1 });
    if (count === 0) missing.set(target.digest, missing.get(manifests[0]?.digest ?? target.digest) ?? target);
    return count;
  }
  // What else it may be, whoever reads the graph says.
  if (!isManifestType(target.mediaType)) return 1;
  const manifest = parseManifest(await readDocument(source, target, { signal }), target.mediaType);
  for (const blob of children(manifest)) {
    if (await source.has(blob, { signal })) continue;
    missing.set(target.digest, blob);
    return 0;
  }
  return 1;
}

function missingFrom({ digest, mediaType }: Descriptor, { what, hint }: WholeOptions): DrayError {
  const message = `${what} is not complete: ${digest} (${mediaType}) is not in it`;
  return new DrayError('BLOB_UNKNOWN', message, { detail: { digest }, ...(hint !== undefined && { hint }) });
}
