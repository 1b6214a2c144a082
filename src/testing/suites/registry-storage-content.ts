import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import { type Descriptor, type Digest, digestOf, OCI_INDEX, OCI_MANIFEST } from '#oci';
import type { RegistryStorage, StoredManifest } from '#serve';
import { type Content, collect } from './content.ts';

export const REPOSITORY = 'library/app';
export const OTHER = 'library/app-two';

/** Puts a blob into a repository in one go. */
export async function putBlob(
  storage: RegistryStorage,
  content: Content,
  repository: string = REPOSITORY,
): Promise<Digest> {
  const { digest, size } = content.descriptor;
  assert.equal(await storage.uploads.put(repository, digest, bytesOf(content.bytes)), size);
  return digest;
}

export async function hasBlob(
  storage: RegistryStorage,
  { bytes, descriptor }: Content,
  repository: string = REPOSITORY,
): Promise<void> {
  const blob = await storage.blob(repository, descriptor.digest);
  assert.ok(blob !== undefined, `${repository} does not have ${descriptor.digest}`);
  assert.equal(blob.digest, descriptor.digest);
  assert.equal(blob.size, descriptor.size);
  if (blob.bytes !== undefined) assert.ok(Buffer.from(bytes).equals(blob.bytes), 'other bytes in memory');
  assert.ok(Buffer.from(bytes).equals(await collect(blob.read({ start: 0, end: blob.size }))), 'other bytes are read');
}

export async function lacksBlob(
  storage: RegistryStorage,
  { descriptor }: Content,
  repository: string = REPOSITORY,
): Promise<void> {
  assert.equal(await storage.blob(repository, descriptor.digest), undefined, `${repository} has the blob`);
}

/** A manifest of this JSON. */
export function manifestOf(document: object, mediaType: string = OCI_MANIFEST): StoredManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
  return { digest: digestOf(bytes), mediaType, bytes };
}

export function descriptorTo(manifest: StoredManifest): Descriptor {
  return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
}

/** An image manifest without anything below; other names give others. */
export function emptyImage(name: string, more: object = {}): StoredManifest {
  return manifestOf({ config: { digest: digestOf(name), size: 1, mediaType: 'application/x' }, layers: [], ...more });
}

export function indexOf(manifests: readonly StoredManifest[], more: object = {}): StoredManifest {
  return manifestOf({ manifests: manifests.map(descriptorTo), ...more }, OCI_INDEX);
}

export function sameManifest(found: StoredManifest | undefined, expected: StoredManifest): void {
  assert.ok(found !== undefined, `${expected.digest} is not there`);
  assert.equal(found.digest, expected.digest);
  assert.equal(found.mediaType, expected.mediaType);
  assert.ok(Buffer.from(expected.bytes).equals(found.bytes), 'other bytes');
}

export async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
