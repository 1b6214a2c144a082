import { type CallOptions, readDocument } from '#content';
import {
  type Descriptor,
  type Digest,
  formatPlatform,
  isArtifact,
  isIndexType,
  type Manifest,
  type Platform,
  parseConfig,
} from '#oci';
import { chooseManifests, type ManifestNode } from '../place/choose-manifests.ts';
import type { PlacedImage } from '../place/placed-image.ts';
import { platformOf } from '../place/read-images.ts';
import { withImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { shownManifest } from '../stored/find-stored.ts';
import { chooseFrom, type Wanted, wantedPlatforms } from '../wanted.ts';
import { checkDocuments } from './check-documents.ts';
import { checkImage } from './check-image.ts';
import type { Fault } from './fault.ts';

export interface ValidateOptions extends CallOptions {
  /** One or several of `OS/ARCH[/VARIANT]`; the machine's own by default. */
  readonly platform?: string | readonly string[] | undefined;
  readonly allPlatforms?: boolean | undefined;
  /** True: documents are checked, of layers only that they are there. */
  readonly fast?: boolean | undefined;
  /** Layers read at the same time; 4 by default. */
  readonly concurrency?: number | undefined;
}

/** One manifest, and what is wrong with it and with all that it names. */
export interface ValidatedImage {
  readonly manifest: Digest;
  /** `linux/amd64`; undefined for what is no image. */
  readonly platform: string | undefined;
  readonly faults: readonly Fault[];
}

/** What a validation found. */
export interface Validation {
  readonly reference: string;
  readonly root: Digest;
  /** No fault was found. */
  readonly valid: boolean;
  /** Of indexes, and of manifests that cannot be read. */
  readonly faults: readonly Fault[];
  readonly images: readonly ValidatedImage[];
}

/**
 * Checks an image wherever it is (the store first, then the registry): digests, sizes, diff_ids, tars, and that index, manifest and config say the same. Goes on
 * after a fault; nothing is kept. Rejects where the image cannot be looked at: PLATFORM_UNKNOWN, network, access.
 */
export async function validateImage(text: string, places: Places, options: ValidateOptions = {}): Promise<Validation> {
  const { signal, onEvent } = options;
  const wanted = wantedPlatforms(options, places.host);
  return withImage(text, places, { plain: 'store-first', action: 'validate', signal, onEvent }, (placed) =>
    validatePlaced(placed, places, wanted, options),
  );
}

async function validatePlaced(
  placed: PlacedImage,
  places: Places,
  wanted: Wanted,
  { signal, onEvent, fast = false, concurrency = 4 }: ValidateOptions,
): Promise<Validation> {
  const { source, what, stored } = placed;
  const { retries } = places;
  const byDefault = !wanted.named && wanted.platforms !== 'all' && stored !== undefined;
  const shown = byDefault ? shownManifest(stored, places.host) : undefined;
  const root = shown ?? placed.root;
  const kept = stored && new Set(stored.stored.manifests.map(({ digest }) => digest));
  const isKept = ({ digest, mediaType }: Descriptor): boolean =>
    kept === undefined || kept.has(digest) || isIndexType(mediaType);
  const how = { retries, signal, onEvent };
  const { nodes, faults } = await checkDocuments(source, root, {
    ...how,
    ...(shown === undefined && { rootBytes: placed.rootBytes }),
    // Of what was pulled for some platforms the others are not missing.
    choose: (index) => chooseFrom(index, wanted).filter(isKept),
  });
  const platformIn = async (manifest: Manifest): Promise<Platform | undefined> => {
    if (isArtifact(manifest)) return undefined;
    return platformOf(parseConfig(await readDocument(source, manifest.config, how)));
  };
  const chosen: readonly ManifestNode[] =
    faults.length > 0
      ? nodes.flatMap((node) => (node.manifest === undefined ? [] : [node]))
      : await chooseManifests({ root, nodes }, { wanted, what, platformIn });
  const known = new Map<string, Promise<readonly Fault[]>>();
  const images: ValidatedImage[] = [];
  for (const { descriptor, manifest } of chosen) {
    const checked = await checkImage(source, descriptor, manifest, { ...how, fast, concurrency, known });
    const platform = checked.platform ?? descriptor.platform;
    images.push({
      manifest: descriptor.digest,
      platform: platform === undefined ? undefined : formatPlatform(platform),
      faults: checked.faults,
    });
  }
  const valid = faults.length === 0 && images.every((image) => image.faults.length === 0);
  return { reference: what, root: root.digest, valid, faults, images };
}
