import { isDocumentType } from '#oci';
import { ApiError, type ApiFault } from '../http/api-error.ts';
import { inStrides } from './in-strides.ts';
import type { Child, PushedDocument } from './manifest-document.ts';
import type { RouteContext } from './route-context.ts';

/** Of more than these no list is made. */
const MOST_FAULTS = 100;

/**
 * Looks whether the repository has what a manifest points to. Throws an ApiError 400 that lists what it lacks, or has in another size than the
 * manifest says. Unless the rules say otherwise a copy may be sparse: of what an index lists anything may be missing, of an image some of its
 * layers (if all of them are, nobody meant it so). Resolves to how much is.
 */
export async function checkChildren(document: PushedDocument, context: RouteContext): Promise<number> {
  const { blobs, layers, manifests } = document;
  const ofBlob = (child: Child): Promise<number | undefined> => blobSize(child, context);
  const required = await faultsOf(blobs, ofBlob);
  const ofLayers = await faultsOf(layers, ofBlob);
  const ofManifests = await faultsOf(manifests, (child) => manifestSize(child, context));
  const faults = [...required, ...ofLayers, ...ofManifests];
  const isSparse =
    context.rules.indexes === 'sparse' &&
    required.length === 0 &&
    (ofLayers.length === 0 || ofLayers.length < new Set(layers.map(({ digest }) => digest)).size) &&
    faults.every(({ code }) => code === 'MANIFEST_BLOB_UNKNOWN');
  if (faults.length > 0 && !isSparse) throw new ApiError(400, faults.slice(0, MOST_FAULTS));
  return faults.length;
}

async function faultsOf(
  children: readonly Child[],
  sizeOf: (child: Child) => Promise<number | undefined>,
): Promise<readonly ApiFault[]> {
  const different = [...new Map(children.map((child) => [child.digest, child])).values()];
  const faults = await inStrides(different, async (child) => faultOf(child, await sizeOf(child)));
  return faults.filter((fault) => fault !== undefined);
}

function faultOf({ digest, size }: Child, found: number | undefined): ApiFault | undefined {
  if (found === undefined) {
    return { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown to registry', detail: digest };
  }
  if (size === undefined || size === found) return undefined;
  const message = `the manifest says that ${digest} has ${size} bytes; it has ${found}`;
  return { code: 'SIZE_INVALID', message, detail: { digest, size: found } };
}

async function blobSize({ digest }: Child, { storage, repository }: RouteContext): Promise<number | undefined> {
  return (await storage.blob(repository, digest))?.size;
}

/** Caches of builds are indexes of layers. */
async function manifestSize(child: Child, context: RouteContext): Promise<number | undefined> {
  const { storage, repository } = context;
  const manifest = await storage.manifest(repository, child.digest);
  if (manifest !== undefined) return manifest.bytes.length;
  return isDocumentType(child.mediaType) ? undefined : blobSize(child, context);
}
