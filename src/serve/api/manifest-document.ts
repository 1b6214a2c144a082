import { hasCode } from '#errors';
import {
  classify,
  type Descriptor,
  type Digest,
  isDocumentType,
  isForeignLayerType,
  isIndexType,
  isSchema1Type,
  type JsonObject,
  parseIndex,
  parseJsonStrict,
  parseManifest,
  parseSchema1,
  SCHEMA1_MANIFEST,
  SCHEMA1_SIGNED_MANIFEST,
  schema1Layers,
  schema1Payload,
} from '#oci';
import { type ApiError, apiError } from '../http/api-error.ts';
import { EMPTY_LAYER } from './empty-layer.ts';
import { readUnknownDocument } from './manifest-unknown-type.ts';

/** What a document that is pushed says, as far as a registry has to know. */
export interface PushedDocument {
  readonly mediaType: string;
  /** What is kept, and what the digest is of: of a signed schema1 manifest that is the content without signatures. */
  readonly bytes: Uint8Array;
  /** Blobs that the repository must have. */
  readonly blobs: readonly Child[];
  /** Those of an image, of which some may be missing in a sparse copy. */
  readonly layers: readonly Child[];
  /** Manifests that are listed. */
  readonly manifests: readonly Child[];
  readonly subject?: Digest | undefined;
}

export interface Child {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Undefined where the document does not say. */
  readonly size: number | undefined;
}

const WHAT = 'the manifest';
/** Content-Types that say nothing of what a manifest is: those of scripts that do not care. */
const SAYS_NOTHING: ReadonlySet<string> = new Set([
  'application/json',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'text/json',
  'text/plain',
]);
const MEDIA_TYPE = /^[a-z0-9][\w!#$&^.+-]{0,126}\/[a-z0-9][\w!#$&^.+-]{0,126}$/i;
/** What a browser would show, or run, in the name of the registry is no type of a manifest. */
const SHOWN_BY_BROWSERS = /^(?!application\/)|xml$|script$|^application\/pdf$/i;

/**
 * Reads a manifest, an index or anything else that is JSON. Throws an ApiError 400 for what is malformed, for what two readers could take for
 * two things, and for what contradicts its Content-Type.
 */
export function readPushedDocument(bytes: Uint8Array, contentType: string | undefined): PushedDocument {
  if (bytes.length === 0) throw invalid('the request has no body');
  try {
    const document = parseJsonStrict(bytes, WHAT);
    const mediaType = typeOf(document, bytes, contentType);
    if (isSchema1Type(mediaType)) return readSchema1(bytes);
    if (!isDocumentType(mediaType)) return { mediaType, bytes, ...readUnknownDocument(document) };
    return isIndexType(mediaType) ? readIndex(bytes, mediaType) : readManifest(bytes, mediaType);
  } catch (error) {
    if (hasCode(error, 'MANIFEST_INVALID', 'UNSUPPORTED')) throw invalid(error.message);
    throw error;
  }
}

function typeOf(document: JsonObject, bytes: Uint8Array, contentType: string | undefined): string {
  const declared = Object.hasOwn(document, 'mediaType') ? document['mediaType'] : undefined;
  const served = essence(contentType);
  if (declared === undefined || declared === null || declared === '') return served ?? classify(bytes, undefined, WHAT);
  if (typeof declared !== 'string' || !isManifestType(declared)) throw invalid('its mediaType is none of a manifest');
  if (served !== undefined && served !== declared && !(isSchema1Type(served) && isSchema1Type(declared))) {
    throw invalid(`its mediaType is ${declared}, but its Content-Type ${served}`);
  }
  return declared;
}

/** A Content-Type without its parameters; undefined where it says nothing. */
function essence(contentType: string | undefined): string | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' || SAYS_NOTHING.has(type)) return undefined;
  if (!isManifestType(type)) throw invalid('its Content-Type is none of a manifest');
  return type;
}

function isManifestType(type: string): boolean {
  return MEDIA_TYPE.test(type) && !SHOWN_BY_BROWSERS.test(type);
}

function readManifest(bytes: Uint8Array, type: string): PushedDocument {
  const { mediaType, config, layers, subject } = parseManifest(bytes, type, WHAT);
  const own = layers.filter((layer) => !isElsewhere(layer));
  return { mediaType, bytes, blobs: [config], layers: own, manifests: [], subject: subject?.digest };
}

function readIndex(bytes: Uint8Array, type: string): PushedDocument {
  const { mediaType, manifests, subject } = parseIndex(bytes, type, WHAT);
  return { mediaType, bytes, blobs: [], layers: [], manifests, subject: subject?.digest };
}

function readSchema1(bytes: Uint8Array): PushedDocument {
  const content = schema1Payload(bytes, WHAT);
  const layers = schema1Layers(parseSchema1(bytes, WHAT)).filter(({ digest }) => digest !== EMPTY_LAYER);
  return {
    mediaType: content === bytes ? SCHEMA1_MANIFEST : SCHEMA1_SIGNED_MANIFEST,
    bytes: content,
    blobs: layers.map(({ digest }) => ({ mediaType: 'application/octet-stream', digest, size: undefined })),
    layers: [],
    manifests: [],
  };
}

/** Layers that may not be given to others, or are fetched from where their URLs say, need not be in a registry. */
function isElsewhere({ mediaType, urls }: Descriptor): boolean {
  return isForeignLayerType(mediaType) || (urls !== undefined && urls.length > 0);
}

function invalid(message: string): ApiError {
  return apiError(400, 'MANIFEST_INVALID', `manifest invalid: ${message}`);
}
