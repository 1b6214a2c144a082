import { DrayError } from '#errors';
import {
  type Descriptor,
  formatPlatform,
  type ImageIndex,
  isAttestation,
  isIndexType,
  matchesPlatform,
  type Platform,
  parsePlatform,
  pickPlatform,
  platformsOf,
} from '#oci';

/** Which platforms a call is about. */
export interface Wanted {
  readonly platforms: readonly Platform[] | 'all';
  /** The caller named them, so an image of another platform is worth a warning. */
  readonly named: boolean;
}

/**
 * Reads what a caller says about platforms; the machine's own where nothing is said.
 * Rejects with INVALID_PLATFORM, or INVALID_OPTION when one and all are asked for together.
 */
export function wantedPlatforms(
  options: { readonly platform?: string | readonly string[] | undefined; readonly allPlatforms?: boolean | undefined },
  host: Platform,
): Wanted {
  const named = options.platform === undefined ? [] : [options.platform].flat();
  if (options.allPlatforms === true) {
    if (named.length > 0)
      throw new DrayError('INVALID_OPTION', 'one platform and all platforms cannot be asked for together');
    return { platforms: 'all', named: false };
  }
  if (named.length === 0) return { platforms: [host], named: false };
  return { platforms: named.map((text) => parsePlatform(text, host)), named: true };
}

/** Entries without a platform whose configs are looked at. */
const MOST_UNNAMED = 32;

/**
 * The entries of an index that the wanted platforms need; where it has none of its own, those that name no platform and the indexes within it.
 */
export function chooseFrom(index: ImageIndex, wanted: Wanted): readonly Descriptor[] {
  if (wanted.platforms === 'all') return index.manifests;
  const picked = new Map<string, Descriptor>();
  let missed = false;
  for (const platform of wanted.platforms) {
    const entry = pickPlatform(index.manifests, platform);
    if (entry === undefined) missed = true;
    else picked.set(entry.digest, entry);
  }
  if (!missed) return [...picked.values()];
  const unnamed = index.manifests.filter((entry) => entry.platform === undefined && !isAttestation(entry));
  const indexes = index.manifests.filter((entry) => isIndexType(entry.mediaType));
  for (const entry of [...unnamed.slice(0, MOST_UNNAMED), ...indexes]) picked.set(entry.digest, entry);
  return [...picked.values()];
}

/** The error for a platform that an image does not have, with those that it has. */
export function platformMissing(what: string, wanted: Platform, has: readonly Platform[]): DrayError {
  const list = has.map((platform) => formatPlatform(platform));
  const found = list.length === 0 ? 'it has no image for any platform' : `it has ${list.join(', ')}`;
  return new DrayError(
    'PLATFORM_UNKNOWN',
    `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries of ${what}; ${found}`,
    {
      hint:
        list.length === 0
          ? 'take it as it is with --all-platforms and --as oci-archive or --as oci-dir'
          : 'choose one with --platform, or take all with --all-platforms',
      detail: { wanted: formatPlatform(wanted), has: list },
    },
  );
}

/** An image that stands for itself alone is not taken for another platform, as it is in a pull. Throws PLATFORM_UNKNOWN. */
export function expectPlatforms(
  has: { readonly images: readonly { readonly platform: Platform }[]; readonly platforms: readonly Platform[] },
  wanted: Wanted,
  what: string,
): void {
  if (wanted.platforms === 'all') return;
  for (const platform of wanted.platforms) {
    if (!has.images.some((image) => matchesPlatform(platform, image.platform))) {
      throw platformMissing(what, platform, has.platforms);
    }
  }
}

/** Platforms of all images below the indexes, attestations left out. */
export function platformsIn(indexes: readonly ImageIndex[]): readonly Platform[] {
  const all = new Map<string, Platform>();
  for (const index of indexes) for (const platform of platformsOf(index)) all.set(formatPlatform(platform), platform);
  return [...all.values()];
}
