import { DrayError } from '#errors';
import { Fields } from './fields.ts';
import { invalidDocument, isJsonObject, type JsonObject, parseJsonStrict } from './json.ts';
import {
  DOCKER_CONFIG,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  type DocumentType,
  isDocumentType,
  isIndexType,
  isManifestType,
  isSchema1Type,
  OCI_INDEX,
  OCI_MANIFEST,
  SCHEMA1_MANIFEST,
  SCHEMA1_SIGNED_MANIFEST,
} from './media-types.ts';
import { quoted } from './printable.ts';

type Shape = 'index' | 'manifest' | 'schema1';

/** Members that decide what a document is; one of a kind excludes the others. */
const SHAPES: Readonly<Record<Shape, readonly string[]>> = {
  index: ['manifests'],
  manifest: ['layers', 'config'],
  schema1: ['fsLayers'],
};
const NAMES = ['schemaVersion', 'mediaType', 'history', ...Object.values(SHAPES).flat()];

/**
 * Says what a document is, from what it holds, its own `mediaType` and the Content-Type it came with. Content-Types that say nothing
 * (none, text/plain, application/json, application/octet-stream …) are no contradiction. Throws MANIFEST_INVALID where the three
 * contradict each other or the document could be taken for two things, UNSUPPORTED for a media type that dray does not read.
 */
export function classify(bytes: Uint8Array, contentType: string | undefined, what = 'the manifest'): DocumentType {
  return classifyObject(parseJsonStrict(bytes, what), contentType, what);
}

/** The same for a document that is parsed already. */
export function classifyObject(document: JsonObject, contentType: string | undefined, what: string): DocumentType {
  const fields = new Fields(document, what);
  fields.refuseOtherCase(NAMES);
  const declared = fields.optionalString('mediaType');
  const served = essence(contentType);
  for (const type of [declared, served]) {
    if (type !== undefined && !isDocumentType(type) && (type === declared || isVendorType(type))) {
      throw new DrayError('UNSUPPORTED', `cannot read ${what}: its media type ${quoted(type)} is not one of an image`);
    }
  }
  const type = decide(fields, shapeOf(fields), declared, served);
  const version = isSchema1Type(type) ? 1 : 2;
  if (fields.get('schemaVersion') !== version) {
    throw fields.wrong('schemaVersion', fields.get('schemaVersion'), `${version}, as ${type} has`);
  }
  return type;
}

function decide(fields: Fields, shape: Shape, declared: string | undefined, served: string | undefined): DocumentType {
  const own = declared ?? defaultType(fields, shape);
  if (!isDocumentType(own) || shapeOfType(own) !== shape) {
    throw invalidDocument(fields.what, `its mediaType is ${own}, but it holds ${SHAPES[shape].join(' and ')}`);
  }
  // Whether schema1 is signed stands in the document alone; registries serve both as both.
  if (shape === 'schema1') {
    if (served === undefined || !isDocumentType(served) || isSchema1Type(served)) return own;
  } else if (served === undefined || !isDocumentType(served) || served === own) return own;
  // A document that does not name its own type may be served as either of its shape.
  if (declared === undefined && shapeOfType(served) === shape) return served;
  throw invalidDocument(fields.what, `it is ${own}, but was served as ${served}`);
}

/** What a document without a mediaType is: docker's when what it lists is docker's. */
function defaultType(fields: Fields, shape: Shape): DocumentType {
  if (shape === 'schema1') return fields.has('signatures') ? SCHEMA1_SIGNED_MANIFEST : SCHEMA1_MANIFEST;
  if (shape === 'manifest') return typeOf(fields.get('config')) === DOCKER_CONFIG ? DOCKER_MANIFEST : OCI_MANIFEST;
  const entries = fields.get('manifests');
  const first: unknown = Array.isArray(entries) ? entries[0] : undefined;
  return typeOf(first) === DOCKER_MANIFEST ? DOCKER_LIST : OCI_INDEX;
}

function typeOf(descriptor: unknown): unknown {
  return isJsonObject(descriptor) ? descriptor['mediaType'] : undefined;
}

function shapeOf(fields: Fields): Shape {
  const found = (Object.keys(SHAPES) as Shape[]).filter((shape) => SHAPES[shape].some((key) => fields.has(key)));
  const [shape, other] = found;
  if (shape === undefined) {
    throw invalidDocument(fields.what, 'it holds neither layers nor manifests');
  }
  if (other !== undefined) {
    const members = found.flatMap((each) => SHAPES[each].filter((key) => fields.has(key)));
    throw invalidDocument(fields.what, `it is ambiguous: it holds ${members.join(' and ')}`);
  }
  return shape;
}

function shapeOfType(type: DocumentType): Shape {
  if (isIndexType(type)) return 'index';
  return isManifestType(type) ? 'manifest' : 'schema1';
}

/** A Content-Type without its parameters, in lower case. */
function essence(contentType: string | undefined): string | undefined {
  const type = contentType?.slice(0, 512).split(';', 1)[0]?.trim().toLowerCase();
  return type === '' ? undefined : type;
}

/** Types that claim to say exactly what the content is. */
function isVendorType(type: string): boolean {
  return type.startsWith('application/vnd.');
}
