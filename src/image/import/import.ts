import { bytesOf } from '#bytes';
import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  digestOf,
  familiarString,
  fullString,
  OCI_CONFIG,
  OCI_MANIFEST,
  type Platform,
  parsePlatform,
  parseReference,
  type Reference,
  refuseReservedName,
  withDefaultTag,
} from '#oci';
import { type ArchiveOrigin, openLocalContent } from '#store';
import type { Places } from '../places.ts';
import { holdIn } from '../stored/hold.ts';
import { applyChange } from './apply-change.ts';
import type { ContainerConfig } from './container-config.ts';
import { instructionsOf } from './instructions.ts';
import { readLayer } from './read-layer.ts';

export interface ImportOptions extends CallOptions {
  /** What the image is to be called; by its ID alone where nothing is said. */
  readonly reference?: string | undefined;
  /** Lines of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR. */
  readonly changes?: readonly string[] | undefined;
  /** Comment of the image and its history; `Imported from -` by default. */
  readonly message?: string | undefined;
  /** `OS/ARCH[/VARIANT]` that the image is for; the machine's own by default. */
  readonly platform?: string | undefined;
  /** RFC 3339; now by default. */
  readonly created?: string | undefined;
}

export interface ImportResult {
  /** The image ID. */
  readonly id: Digest;
  /** Familiar name, `app:1`. */
  readonly name: string | undefined;
  readonly root: Descriptor;
  readonly layer: Descriptor;
}

/**
 * Makes a file system's tar (plain, gzip, zstd) an image of one layer and keeps it in the store. Nothing is kept unless the options are right and the
 * tar is one. Rejects with INVALID_REFERENCE, INVALID_OPTION, INVALID_PLATFORM, NOT_FOUND, CORRUPT_LAYER, UNSUPPORTED, DISK_FULL.
 */
export async function importImage(
  origin: ArchiveOrigin,
  places: Places,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const { signal, onEvent } = options;
  const reference = options.reference === undefined ? undefined : nameFor(options.reference);
  const platform = options.platform === undefined ? places.host : parsePlatform(options.platform, places.host);
  const config: ContainerConfig = {};
  for (const change of instructionsOf(options.changes ?? [])) applyChange(config, change);
  const store = await places.store();
  const content = await openLocalContent(origin, { folder: () => store.workFolder({ signal }), signal });
  const lease = holdIn(store);
  try {
    const { layer, diffId, unpacked } = await readLayer(content, { signal });
    const document = described(OCI_CONFIG, configOf({ config, diffId, platform, options }));
    const plain = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, digest, size });
    const manifest = described(OCI_MANIFEST, {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: plain(document.descriptor),
      layers: [plain(layer)],
    });
    await lease.add([layer, document.descriptor, manifest.descriptor], { signal });
    await store.put(layer, content.fetch({ signal }), { signal, onEvent });
    await store.rememberLayer(layer.digest, { diffId, size: unpacked }, { signal });
    for (const { descriptor, bytes } of [document, manifest]) await store.put(descriptor, bytesOf(bytes), { signal });
    lease.check();
    const root = manifest.descriptor;
    const name = reference === undefined ? undefined : fullString(reference);
    await store.remember({ name, root, manifests: [{ ...root, platform }] }, { signal });
    const id = document.descriptor.digest;
    return { id, name: reference === undefined ? undefined : familiarString(reference), root, layer };
  } finally {
    await lease.release();
    content.close();
  }
}

function nameFor(text: string): Reference {
  const reference = withDefaultTag(parseReference(text));
  if (reference.digest !== undefined) throw new DrayError('INVALID_REFERENCE', 'cannot import digest reference');
  refuseReservedName(reference);
  return reference;
}

interface ConfigParts {
  readonly config: ContainerConfig;
  readonly diffId: Digest;
  readonly platform: Platform;
  readonly options: ImportOptions;
}

function configOf({ config, diffId, platform, options }: ConfigParts): object {
  const { architecture, os, osVersion, variant } = platform;
  const { message: comment = 'Imported from -', created = new Date().toISOString() } = options;
  return {
    created,
    architecture,
    ...(variant !== undefined && { variant }),
    os,
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    config,
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, comment }],
    comment,
  };
}

function described(mediaType: string, value: object): { readonly descriptor: Descriptor; readonly bytes: Uint8Array } {
  const bytes = Buffer.from(JSON.stringify(value));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}
