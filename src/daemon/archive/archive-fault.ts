import { hasCode, isDrayError } from '#errors';
import { asEngineError, EngineError } from '../http/engine-error.ts';

/** Bytes of a header of a tar. */
const HEADER = 512;

/** What is wrong with an archive that came: in docker's words where it has some, with docker's status. */
export function archiveFault(error: unknown, platform: string | undefined): EngineError {
  const message = dockersWords(error, platform);
  return message === undefined ? asEngineError(error) : new EngineError(500, message, { cause: error });
}

function dockersWords(error: unknown, platform: string | undefined): string | undefined {
  if (!isDrayError(error)) return undefined;
  const { isCutOff, isNoArchive, position } = error.detail;
  if (isCutOff === true) return 'unexpected EOF';
  if (isNoArchive === true) return 'unrecognized image format';
  if (hasCode(error, 'CORRUPT_LAYER') && position === HEADER) return 'archive/tar: invalid tar header';
  if (hasCode(error, 'PLATFORM_UNKNOWN') && platform !== undefined) {
    return `requested platform (${platform}) not found: image might be filtered out`;
  }
  return undefined;
}
