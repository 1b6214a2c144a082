import { DrayError } from '#errors';
import type { Platform } from './platform.ts';
import { normalizeArchitecture, normalizeOs } from './platform-normalize.ts';
import { printable, quoted } from './printable.ts';

/** Go's lists of systems and processors. */
const SYSTEMS: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
);
const PROCESSORS: ReadonlySet<string> = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ' +
    'ppc riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

const COMPONENT = /^[A-Za-z0-9_.-]+$/;
const OS_COMPONENT = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/;
/** More than any platform needs. */
const LONGEST = 1024;

/**
 * Reads `OS[(VERSION[+FEATURE…])]/ARCH[/VARIANT]`, or one of the two alone, the other being the host's. Throws INVALID_PLATFORM.
 * See https://pkg.go.dev/github.com/containerd/platforms
 */
export function parsePlatform(text: string, host: Platform): Platform {
  if (text.length > LONGEST) throw invalid(text, 'is too long for a platform');
  if (text.includes('*')) throw invalid(text, 'has a wildcard, and wildcards are not supported');
  const [first = '', architecture, variant, ...more] = text.split('/');
  const system = readSystem(first, text);
  for (const part of [architecture, variant, ...more]) {
    if (part !== undefined && !COMPONENT.test(part)) {
      throw invalid(text, `has the component ${quoted(part)}, which does not match ${COMPONENT.source}`);
    }
  }
  if (more.length > 0) throw invalid(text, 'has more than three components');
  if (architecture === undefined) return completed(system, first, text, host);
  return { ...system, ...readProcessor(architecture, variant) };
}

function readSystem(part: string, text: string): Omit<Platform, 'architecture'> {
  const [, name, version = '', features = ''] = OS_COMPONENT.exec(part) ?? [];
  if (name === undefined) throw invalid(text, `has the OS component ${quoted(part)}, which is no OS[(VERSION)]`);
  const osVersion = decodeOption(version, text);
  const osFeatures = features
    .split('+')
    .slice(1)
    .map((feature) => decodeOption(feature, text));
  return {
    os: normalizeOs(name),
    ...(osVersion !== '' && { osVersion }),
    ...(osFeatures.length > 0 && { osFeatures }),
  };
}

/** One word alone: a known system, or else a known processor; the rest is the host's. */
function completed(system: Omit<Platform, 'architecture'>, word: string, text: string, host: Platform): Platform {
  if (SYSTEMS.has(system.os)) {
    const variant = host.architecture === 'arm' && host.variant !== 'v7' ? host.variant : undefined;
    return { ...system, architecture: host.architecture, ...(variant !== undefined && { variant }) };
  }
  const processor = readProcessor(word, undefined);
  if (PROCESSORS.has(processor.architecture)) return { os: host.os, ...processor };
  throw invalid(text, 'is an unknown operating system or architecture');
}

/** Arm's v7 is left out where only the processor is named, and arm64's v8 kept where a variant is asked for: as containerd shows them. */
function readProcessor(name: string, variantName: string | undefined): Pick<Platform, 'architecture' | 'variant'> {
  const { architecture, variant } = normalizeArchitecture(name, variantName ?? '');
  if (variantName === undefined && architecture === 'arm' && variant === 'v7') return { architecture };
  if (variantName !== undefined && architecture === 'arm64' && variant === '') return { architecture, variant: 'v8' };
  return { architecture, ...(variant !== '' && { variant }) };
}

/** `OS[(VERSION[+FEATURE…])]/ARCH[/VARIANT]`, which `parsePlatform` reads as the same; fit for a message whoever wrote the platform. */
export function formatPlatform(platform: Platform): string {
  if (platform.os === '') return 'unknown';
  const features = [...(platform.osFeatures ?? [])].filter((feature) => feature !== '').sort();
  const options = [platform.osVersion ?? '', ...features].map(encodeOption).join('+');
  const system = options === '' ? platform.os : `${platform.os}(${options})`;
  return printable([system, platform.architecture, platform.variant ?? ''].filter((part) => part !== '').join('/'));
}

function encodeOption(option: string): string {
  return option.replace(/[%+()/]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decodeOption(option: string, text: string): string {
  try {
    return decodeURIComponent(option);
  } catch (cause) {
    throw invalid(text, `has an OS version or feature with a broken escape: ${quoted(option)}`, cause);
  }
}

function invalid(text: string, found: string, cause?: unknown): DrayError {
  return new DrayError('INVALID_PLATFORM', `invalid platform: ${quoted(text)} ${found}`, {
    hint: 'a platform is OS/ARCH[/VARIANT], e.g. linux/amd64 or linux/arm/v7',
    cause,
  });
}
