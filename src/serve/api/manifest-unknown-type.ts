import { type Digest, isDigest, isForeignLayerType, isJsonObject, type JsonObject, type JsonValue } from '#oci';
import type { Child, PushedDocument } from './manifest-document.ts';

/**
 * What can be said of a document whose type nobody here knows: it is kept as it is, but where it points to content in the words of OCI's
 * documents, that content is looked after. What is not in those words is none of a registry's business.
 */
export function readUnknownDocument(document: JsonObject): Omit<PushedDocument, 'mediaType' | 'bytes'> {
  return {
    blobs: ['config', 'layers', 'blobs'].flatMap((key) => childrenAt(document, key)),
    layers: [],
    manifests: childrenAt(document, 'manifests'),
    subject: digestOf(document['subject']),
  };
}

function childrenAt(document: JsonObject, key: string): readonly Child[] {
  const value = document[key];
  const entries = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  return entries.flatMap((entry): Child[] => {
    const digest = digestOf(entry);
    if (digest === undefined || !isJsonObject(entry)) return [];
    const { mediaType, size, urls } = entry;
    const type = typeof mediaType === 'string' ? mediaType : '';
    if (isForeignLayerType(type) || Array.isArray(urls)) return [];
    return [{ mediaType: type, digest, size: typeof size === 'number' ? size : undefined }];
  });
}

function digestOf(descriptor: JsonValue | undefined): Digest | undefined {
  const digest = isJsonObject(descriptor) ? descriptor['digest'] : undefined;
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
}
