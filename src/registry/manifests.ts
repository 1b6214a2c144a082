import type { CallOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import {
  classify,
  type Descriptor,
  type Digest,
  digestOf,
  digestParts,
  isDigest,
  isDocumentType,
  isSchema1Type,
  MANIFEST_ACCEPT,
  parseDigest,
  schema1Payload,
} from '#oci';
import { cleanText, type HttpResponse } from '#transport';
import type { Asked } from './answer-error.ts';
import { type Document, type RepositoryContext, readDocument, urlOf } from './context.ts';
import { onceMore } from './once-more.ts';
import type { FetchedManifest, ManifestOptions } from './types.ts';

/** What registries take, and more than any honest manifest has. */
const MANIFEST_LIMIT = 4 * 1024 * 1024;

/** As `Repository.manifest`. */
export async function fetchManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  options: ManifestOptions = {},
): Promise<FetchedManifest> {
  const accept = (options.accept ?? MANIFEST_ACCEPT).join(', ');
  return onceMore(['DIGEST_MISMATCH', 'MANIFEST_INVALID'], async () => {
    const { response, bytes } = await readManifest(context, tagOrDigest, { ...options, accept });
    const what = whatOf(context, tagOrDigest);
    const asked = isDigest(tagOrDigest) ? tagOrDigest : undefined;
    const told = toldDigest(response, what);
    checkDigests(bytes, [asked, told], what);
    const mediaType = classify(bytes, response.headers.get('content-type'), `the manifest of ${what}`);
    const named = isSchema1Type(mediaType) ? schema1Payload(bytes) : bytes;
    const digest = asked ?? digestOf(named, told === undefined ? 'sha256' : digestParts(told).algorithm);
    return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
  });
}

/** The bytes of a manifest that another one names: only the digest says whether they are right, whatever the headers claim. */
export async function fetchManifestBytes(
  context: RepositoryContext,
  target: Descriptor,
  options: CallOptions = {},
): Promise<Uint8Array> {
  return onceMore(['DIGEST_MISMATCH'], async () => {
    const { bytes } = await readManifest(context, target.digest, { ...options, accept: MANIFEST_ACCEPT.join(', ') });
    const found = digestOf(bytes, digestParts(target.digest).algorithm);
    if (found !== target.digest) throw mismatch(whatOf(context, target.digest), target.digest, found);
    return bytes;
  });
}

/** As `Repository.resolve`: asks for the headers alone where they say enough. */
export async function resolveManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  options: CallOptions = {},
): Promise<Descriptor> {
  const response = await head(context, tagOrDigest, options);
  const described = response === undefined ? undefined : describe(response);
  const wanted = isDigest(tagOrDigest) ? tagOrDigest : described?.digest;
  if (described !== undefined && described.digest === wanted) return described;
  return (await fetchManifest(context, tagOrDigest, options)).descriptor;
}

/** True when the registry says that it has the manifest. */
export async function hasManifest(
  context: RepositoryContext,
  target: Descriptor,
  options: CallOptions = {},
): Promise<boolean> {
  if ((await head(context, target.digest, options)) !== undefined) return true;
  try {
    await fetchManifestBytes(context, target, options);
    return true;
  } catch (error) {
    if (hasCode(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')) return false;
    throw error;
  }
}

/** A 200 to HEAD; undefined for everything else, since several registries answer HEAD with other statuses than GET. */
async function head(
  context: RepositoryContext,
  tagOrDigest: string,
  { signal, onEvent }: CallOptions,
): Promise<HttpResponse | undefined> {
  const response = await context.send({
    method: 'HEAD',
    url: urlOf(context, `manifests/${tagOrDigest}`),
    headers: { accept: MANIFEST_ACCEPT.join(', ') },
    signal,
    onEvent,
  });
  await response.body.discard();
  return response.status === 200 ? response : undefined;
}

/** What the headers say, if it is all there is to say. Of schema1 they give another digest than that of the bytes. */
function describe({ headers }: HttpResponse): Descriptor | undefined {
  const digest = headers.get('docker-content-digest') ?? '';
  const mediaType = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const size = Number(headers.get('content-length') ?? Number.NaN);
  const known = isDocumentType(mediaType) && !isSchema1Type(mediaType);
  return known && isDigest(digest) && Number.isSafeInteger(size) && size > 0 ? { mediaType, digest, size } : undefined;
}

async function readManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  { accept, signal, onEvent }: CallOptions & { readonly accept: string },
): Promise<Document> {
  const asked: Asked = { kind: 'manifest', name: context.name, what: whatOf(context, tagOrDigest) };
  const request = { url: urlOf(context, `manifests/${tagOrDigest}`), headers: { accept } };
  return readDocument(context, request, { asked, limit: MANIFEST_LIMIT, signal, onEvent });
}

function whatOf({ name }: RepositoryContext, tagOrDigest: string): string {
  return isDigest(tagOrDigest) ? `${name}@${tagOrDigest}` : `${name}:${tagOrDigest}`;
}

/** The bytes must have every digest that they are known by. Signed schema1 is known by that of what is signed, in some registries by its own. */
function checkDigests(bytes: Uint8Array, expected: readonly (Digest | undefined)[], what: string): void {
  for (const digest of expected) {
    if (digest === undefined) continue;
    const { algorithm } = digestParts(digest);
    const found = digestOf(bytes, algorithm);
    if (found === digest) continue;
    const payload = signedPayload(bytes);
    if (payload === undefined || digestOf(payload, algorithm) !== digest) throw mismatch(what, digest, found);
  }
}

function signedPayload(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return isSchema1Type(classify(bytes, undefined)) ? schema1Payload(bytes) : undefined;
  } catch {
    return undefined;
  }
}

function toldDigest({ headers }: HttpResponse, what: string): Digest | undefined {
  const text = headers.get('docker-content-digest')?.trim() ?? '';
  if (text === '') return undefined;
  try {
    return parseDigest(text);
  } catch (cause) {
    throw new DrayError('BAD_RESPONSE', `the registry calls ${what} ${cleanText(text, 100)}, which is no digest`, {
      cause,
    });
  }
}

function mismatch(what: string, expected: Digest, found: Digest): DrayError {
  return new DrayError(
    'DIGEST_MISMATCH',
    `manifest verification failed for ${what}: expected ${expected}, got ${found}`,
    {
      detail: { expected, found },
    },
  );
}
