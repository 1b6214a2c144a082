import { randomBytes } from 'node:crypto';
import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { bytesOf } from '#bytes';
import { type Digest, digestOf, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '#oci';
import { systemClock } from '#timing';
import { openFolderStorage } from '../storage/folder/folder-storage.ts';
import type { RegistryStorage, StoredManifest } from '../storage/port.ts';
import { createMaintenance, type Maintenance, type MaintenanceOptions } from './maintenance.ts';
import type { Removal } from './pass.ts';

export const HOUR = 3_600_000;

/** A clock that is some hours ahead: for whoever reads it everything is older. */
export const ahead = (hours: number): typeof systemClock => ({
  ...systemClock,
  now: () => Date.now() + hours * HOUR,
});

export const openStorage = (root: string): RegistryStorage => openFolderStorage({ root, sync: false });

/** Maintenance as of some hours from now. */
export function maintenanceAt(root: string, hours: number, options: Partial<MaintenanceOptions> = {}): Maintenance {
  return createMaintenance({ root, sync: false, collect: {}, clock: ahead(hours), ...options });
}

/** What a run removes, as `kind repository name`, sorted. */
export async function removals(maintenance: Maintenance, dryRun = false): Promise<readonly string[]> {
  const found: string[] = [];
  const onRemoved = ({ kind, repository = '', name }: Removal): number => found.push(`${kind} ${repository} ${name}`);
  await maintenance.run({ dryRun, onRemoved });
  return found.toSorted();
}

/** Different each time. */
export const someBytes = (size = 200): Uint8Array => randomBytes(size);

export async function putBlob(storage: RegistryStorage, repository: string, bytes: Uint8Array): Promise<Digest> {
  const digest = digestOf(bytes);
  await storage.uploads.put(repository, digest, bytesOf(bytes));
  return digest;
}

export interface ImageParts {
  readonly layers: readonly Digest[];
  readonly subject?: StoredManifest | undefined;
  readonly algorithm?: 'sha256' | 'sha512' | undefined;
}

/** The manifest of an image whose layers are there; its config is not yet. */
export function imageOf(config: Digest, { layers, subject, algorithm }: ImageParts): StoredManifest {
  return manifestOf(
    OCI_MANIFEST,
    {
      config: { mediaType: OCI_CONFIG, digest: config, size: 200 },
      layers: layers.map((digest) => ({ mediaType: OCI_LAYER, digest, size: 200 })),
      ...(subject !== undefined && { subject: descriptorOf(subject) }),
    },
    algorithm,
  );
}

export function indexOf(manifests: readonly StoredManifest[]): StoredManifest {
  return manifestOf(OCI_INDEX, { manifests: manifests.map(descriptorOf) });
}

function manifestOf(mediaType: string, rest: object, algorithm: 'sha256' | 'sha512' = 'sha256'): StoredManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...rest }));
  return { digest: digestOf(bytes, algorithm), mediaType, bytes };
}

function descriptorOf({ mediaType, digest, bytes }: StoredManifest): object {
  return { mediaType, digest, size: bytes.length };
}

/** Pushes an image of one config and two layers of its own, and those that are named. */
export async function pushImage(
  storage: RegistryStorage,
  repository: string,
  tags: readonly string[],
  parts: Partial<ImageParts> = {},
): Promise<StoredManifest> {
  const config = await putBlob(storage, repository, someBytes());
  const own = [await putBlob(storage, repository, someBytes()), await putBlob(storage, repository, someBytes())];
  const image = imageOf(config, { ...parts, layers: [...own, ...(parts.layers ?? [])] });
  await storage.putManifest(repository, image, tags);
  return image;
}

/** What an image names. */
export function namedBy({ bytes }: StoredManifest): readonly Digest[] {
  const found = Buffer.from(bytes)
    .toString()
    .match(/sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})/g);
  return (found ?? []) as readonly string[] as readonly Digest[];
}

/** What is missing of an image: itself, blobs, and the same of those below it; nothing where it is whole. */
export async function lacks(storage: RegistryStorage, repository: string, digest: Digest): Promise<readonly string[]> {
  const manifest = await storage.manifest(repository, digest);
  if (manifest === undefined) return [`${repository}@${digest}`];
  const missing: string[] = [];
  for (const name of namedBy(manifest)) {
    if (manifest.mediaType === OCI_INDEX) missing.push(...(await lacks(storage, repository, name)));
    else if (!(await hasBlob(storage, repository, name))) missing.push(`${repository} ${name}`);
  }
  return missing;
}

/** Whether a blob can be read, and is what its digest says. */
export async function hasBlob(storage: RegistryStorage, repository: string, digest: Digest): Promise<boolean> {
  const blob = await storage.blob(repository, digest);
  if (blob === undefined) return (await storage.manifest(repository, digest)) !== undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of blob.read({ start: 0, end: blob.size })) chunks.push(Uint8Array.from(chunk));
  return digestOf(Buffer.concat(chunks), digest.startsWith('sha512') ? 'sha512' : 'sha256') === digest;
}

/** Every file in a folder, relative to it, without what a run leaves of itself. */
export function filesIn(folder: string, below = ''): readonly string[] {
  return nodeFs
    .readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(below, entry.name);
      return entry.isDirectory() ? filesIn(folder, path) : [path];
    })
    .toSorted();
}
