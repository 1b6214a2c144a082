import type { Platform } from './platform.ts';

/**
 * The same platform in the one spelling that comparisons use: lower case, Go's names (`x86_64` is amd64, `aarch64` arm64, `macos`
 * darwin), the usual variant of arm written out (v7), the usual ones of amd64 (v1) and arm64 (v8) left out, features sorted.
 */
export function normalizePlatform(platform: Platform): Platform {
  const { architecture, variant } = normalizeArchitecture(platform.architecture, platform.variant ?? '');
  const features = [...new Set(platform.osFeatures)].filter((feature) => feature !== '').sort();
  return {
    os: normalizeOs(platform.os),
    architecture,
    ...(variant !== '' && { variant }),
    ...(platform.osVersion !== undefined && platform.osVersion !== '' && { osVersion: platform.osVersion }),
    ...(features.length > 0 && { osFeatures: features }),
  };
}

export function normalizeOs(os: string): string {
  const lower = os.toLowerCase();
  return lower === 'macos' ? 'darwin' : lower;
}

interface Architecture {
  readonly architecture: string;
  /** Empty for the usual one. */
  readonly variant: string;
}

/** Names that stand for an architecture together with a variant. */
const ALIASES: Readonly<Record<string, Architecture>> = {
  i386: { architecture: '386', variant: '' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};

/** Other spellings of variants. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  amd64: { v1: '' },
  arm64: { '8': '', v8: '', '8.0': '', 'v8.0': '', '9': 'v9', '9.0': 'v9', 'v9.0': 'v9' },
  arm: { '': 'v7', '5': 'v5', '6': 'v6', '7': 'v7', '8': 'v8' },
};

export function normalizeArchitecture(name: string, variantName: string): Architecture {
  const lower = name.toLowerCase();
  const alias = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : undefined;
  if (alias !== undefined) return alias;
  let architecture = lower;
  if (lower === 'x86_64' || lower === 'x86-64') architecture = 'amd64';
  if (lower === 'aarch64') architecture = 'arm64';
  const variant = variantName.toLowerCase();
  const spellings = Object.hasOwn(VARIANTS, architecture) ? VARIANTS[architecture] : undefined;
  const spelt = spellings !== undefined && Object.hasOwn(spellings, variant) ? spellings[variant] : undefined;
  return { architecture, variant: spelt ?? variant };
}
