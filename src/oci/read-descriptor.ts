import type { Descriptor } from './descriptor.ts';
import type { Fields } from './fields.ts';
import type { Platform } from './platform.ts';

/** Most URLs, features and the like of one descriptor. */
const MOST_STRINGS = 1000;
/** RFC 6838 allows 127 characters on each side of the slash; printable, since it is sent to registries in `Accept`. */
const MEDIA_TYPE = /^[\x21-\x7e][\x20-\x7e]{0,254}$/;
const NAMES = ['mediaType', 'digest', 'size', 'platform', 'urls', 'annotations', 'artifactType', 'data'];

/** @param defaultType for writers that leave `mediaType` out; without it that is refused */
export function readDescriptor(fields: Fields, defaultType?: string): Descriptor {
  fields.refuseOtherCase(NAMES);
  const mediaType = fields.optionalString('mediaType') ?? defaultType ?? fields.string('mediaType');
  if (!MEDIA_TYPE.test(mediaType)) throw fields.wrong('mediaType', mediaType, 'a media type');
  const platform = readPlatform(fields.optionalFields('platform'));
  const annotations = fields.optionalStringMap('annotations');
  const artifactType = fields.optionalString('artifactType');
  const urls = fields.optionalStrings('urls', MOST_STRINGS);
  return {
    mediaType,
    digest: fields.digest('digest'),
    size: fields.size('size'),
    ...(platform !== undefined && { platform }),
    ...(annotations !== undefined && { annotations }),
    ...(artifactType !== undefined && { artifactType }),
    ...(urls !== undefined && { urls }),
  };
}

/**
 * A platform as it stands in an index, not normalised; undefined where it does not say both system and processor in words that
 * a platform can be asked for with.
 */
function readPlatform(fields: Fields | undefined): Platform | undefined {
  if (fields === undefined) return undefined;
  fields.refuseOtherCase(['os', 'architecture', 'variant', 'os.version', 'os.features']);
  const os = fields.optionalString('os');
  const architecture = fields.optionalString('architecture');
  const rest = readPlatformDetails(fields);
  if (os === undefined || architecture === undefined) return undefined;
  return [os, architecture, rest.variant ?? ''].every(isPlatformWord) ? { os, architecture, ...rest } : undefined;
}

/** The parts of a platform that most images do without. */
export function readPlatformDetails(fields: Fields): Omit<Platform, 'os' | 'architecture'> {
  const variant = fields.optionalString('variant');
  const osVersion = fields.optionalString('os.version');
  const osFeatures = fields.optionalStrings('os.features', MOST_STRINGS);
  return {
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
    ...(osFeatures !== undefined && { osFeatures }),
  };
}

/** True for the words that systems, processors and variants are called by, and for none. They get into file names. */
export function isPlatformWord(word: string): boolean {
  return /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?$/.test(word);
}

/** Reads a list of descriptors. The same content cannot have two sizes: such a list is refused. */
export function readDescriptors(fields: Fields, key: string, most: number, defaultType?: string): Descriptor[] {
  const sizes = new Map<string, number>();
  return fields.list(key, most).map((value, index) => {
    const at = `${key}[${index}]`;
    const descriptor = readDescriptor(fields.at(value, at), defaultType);
    const known = sizes.get(descriptor.digest) ?? descriptor.size;
    if (known !== descriptor.size) {
      throw fields.wrong(`${at}.size`, descriptor.size, `${known}, which the same digest has before`);
    }
    sizes.set(descriptor.digest, descriptor.size);
    return descriptor;
  });
}
