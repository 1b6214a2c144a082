import type { Descriptor } from './descriptor.ts';
import type { ImageIndex } from './image-index.ts';
import type { Platform } from './platform.ts';
import { normalizePlatform } from './platform-normalize.ts';
import { formatPlatform } from './platform-parse.ts';
import { compareVersions, windowsRuns } from './platform-version.ts';

/** Highest major version of a processor that is counted down from; text from outside could say any. */
const HIGHEST_VERSION = 20;

/**
 * The processors whose images run on `wanted`, best first, as containerd has it: amd64 vN down to v1, then 386; arm vN down to v5; arm64 v9.x
 * down to v9, v8.(x+5) down to v8, then arm v8 down to v5; any other: itself, then without a variant. All normalised.
 */
export function platformOrder(wanted: Platform): readonly Platform[] {
  const own = normalizePlatform(wanted);
  const { variant, ...base } = own;
  const variants = (architecture: string, names: readonly string[]): Platform[] =>
    names.map((name) => normalizePlatform({ ...base, architecture, ...(name !== '' && { variant: name }) }));
  switch (own.architecture) {
    case 'amd64':
      return unique([own, ...variants('amd64', countDown(variant ?? 'v1', 1)), ...variants('386', [''])]);
    case 'arm':
      return unique([own, ...variants('arm', countDown(variant ?? 'v7', 5))]);
    case 'arm64':
      return unique([
        own,
        ...variants('arm64', arm64Variants(variant ?? 'v8')),
        ...variants('arm', countDown('v8', 5)),
      ]);
    default:
      return unique([own, ...variants(own.architecture, [''])]);
  }
}

/** True when an image made for `have` runs where one for `wanted` does. */
export function matchesPlatform(wanted: Platform, have: Platform): boolean {
  return rank(platformOrder(wanted), normalizePlatform(have)) >= 0;
}

/**
 * The entry of an index that is best for `wanted`: the first in the order of `platformOrder`, of several windows versions the newest. Where
 * none says that it is, an entry that is alone in not naming a platform. Attestations are never picked.
 */
export function pickPlatform(entries: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const [best] = platformCandidates(entries, wanted);
  if (best?.platform !== undefined) return best;
  const unnamed = entries.filter((entry) => entry.platform === undefined && !isAttestation(entry));
  return unnamed.length === 1 ? unnamed[0] : undefined;
}

/** All entries that could be for `wanted`: those that say so, best first, then those that name no platform, in their order. */
export function platformCandidates(entries: readonly Descriptor[], wanted: Platform): readonly Descriptor[] {
  const order = platformOrder(wanted);
  const named: { readonly entry: Descriptor; readonly platform: Platform; readonly rank: number }[] = [];
  const unnamed: Descriptor[] = [];
  for (const entry of entries) {
    if (isAttestation(entry)) continue;
    if (entry.platform === undefined) unnamed.push(entry);
    else {
      const platform = normalizePlatform(entry.platform);
      named.push({ entry, platform, rank: rank(order, platform) });
    }
  }
  const matching = named
    .filter((candidate) => candidate.rank >= 0)
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        compareVersions(b.platform.osVersion ?? '', a.platform.osVersion ?? '') ||
        (b.platform.osFeatures?.length ?? 0) - (a.platform.osFeatures?.length ?? 0),
    );
  return [...matching.map((candidate) => candidate.entry), ...unnamed];
}

/** The platforms that an index names, normalised, in its order, each once. */
export function platformsOf(index: ImageIndex): readonly Platform[] {
  const platforms = index.manifests.flatMap((entry) =>
    entry.platform === undefined || isAttestation(entry) ? [] : [normalizePlatform(entry.platform)],
  );
  return unique(platforms);
}

/** True for what stands in an index beside its images: build attestations and the like. */
export function isAttestation(entry: Descriptor): boolean {
  const { platform, annotations } = entry;
  return (
    (platform?.os === 'unknown' && platform.architecture === 'unknown') ||
    annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
  );
}

/** Where `have` stands in the order, or -1. */
function rank(order: readonly Platform[], have: Platform): number {
  return order.findIndex(
    (wanted) =>
      wanted.os === have.os &&
      wanted.architecture === have.architecture &&
      wanted.variant === have.variant &&
      (wanted.os !== 'windows' || windowsRuns(wanted.osVersion, have.osVersion)) &&
      hasFeatures(wanted, have),
  );
}

/** Windows's win32k is not asked for: it is missing on small hosts only, which nobody names. */
function hasFeatures(wanted: Platform, have: Platform): boolean {
  const ignored = wanted.os === 'windows' ? 'win32k' : undefined;
  return (have.osFeatures ?? []).every(
    (feature) => feature === ignored || wanted.osFeatures?.includes(feature) === true,
  );
}

/** `v3` down to `v<lowest>`; nothing for what is no such version. */
function countDown(variant: string, lowest: number): string[] {
  const version = Number(/^v(\d{1,3})$/.exec(variant)?.[1] ?? -1);
  const names: string[] = [];
  if (version <= HIGHEST_VERSION) for (let at = version; at >= lowest; at--) names.push(`v${at}`);
  return names;
}

/** Version 9.x of arm64 can do what 8.(x+5) can; the 8 line ends with 8.9. */
function arm64Variants(variant: string): string[] {
  const [, major, minorText = '0'] = /^v([89])(?:\.(\d{1,2}))?$/.exec(variant) ?? [];
  const minor = Number(minorText);
  if (major === undefined || minor > HIGHEST_VERSION) return [];
  const names: string[] = [];
  if (major === '9') for (let at = minor; at >= 0; at--) names.push(`v9.${at}`);
  for (let at = major === '9' ? Math.min(minor + 5, 9) : minor; at >= 0; at--) names.push(`v8.${at}`);
  return names;
}

function unique(platforms: readonly Platform[]): Platform[] {
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
}
