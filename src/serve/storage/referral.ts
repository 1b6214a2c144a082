import { type Descriptor, type Digest, isDigest, isIndexType } from '#oci';
import type { StoredManifest } from './port.ts';

/** What a manifest says of another one that it is about. */
export interface Referral {
  readonly subject: Digest;
  /** Of the manifest that says so. */
  readonly descriptor: Descriptor;
}

/** Undefined: it has no subject. Content that is no manifest at all says nothing; whether it may be kept, others decide. */
export function referralOf({ digest, mediaType, bytes }: StoredManifest): Referral | undefined {
  const document = parse(bytes);
  const subject = textOf(recordOf(document['subject'])['digest']);
  if (subject === undefined || !isDigest(subject)) return undefined;
  const own = textOf(document['artifactType']);
  const artifactType = own ?? (isIndexType(mediaType) ? undefined : textOf(recordOf(document['config'])['mediaType']));
  const annotations = Object.entries(recordOf(document['annotations'])).filter(isTextEntry);
  const descriptor: Descriptor = {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
  };
  return { subject, descriptor };
}

/** As referrers are listed. */
export function sortedByDigest(descriptors: Iterable<Descriptor>): readonly Descriptor[] {
  return [...descriptors].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // Most have none, and are not parsed.
  if (!text.includes('"subject"')) return {};
  try {
    return recordOf(JSON.parse(text.toString('utf8')));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isTextEntry(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}
