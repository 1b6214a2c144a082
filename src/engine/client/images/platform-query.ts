import { DrayError } from '#errors';
import { type Platform, parsePlatform, platformDocument } from '#oci';

/** A platform as the newer parameters have it: JSON. Undefined for none; throws INVALID_PLATFORM. */
export function platformJson(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return JSON.stringify(platformDocument(readPlatform(text)));
}

/** A platform as the older parameters have it: text. Undefined for none; throws INVALID_PLATFORM. */
export function platformText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  readPlatform(text);
  return text.toLowerCase();
}

function readPlatform(text: string): Platform {
  // The engine's machine may be another than this one: what is not said of the processor is not known.
  const platform = parsePlatform(text, { os: 'linux', architecture: '' });
  if (platform.architecture !== '') return platform;
  throw new DrayError('INVALID_PLATFORM', `invalid platform: "${text}" has no architecture`, {
    hint: 'a platform is OS/ARCH[/VARIANT], e.g. linux/amd64 or linux/arm/v7',
  });
}
