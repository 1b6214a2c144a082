import { hasCode } from '#errors';
import { EngineError } from '../http/engine-error.ts';

/** What `found` gives; where an image is not here for the platform wanted, docker's words for that, which scripts look for. */
export async function ofPlatform<T>(found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_UNKNOWN') || !(error instanceof Error)) throw error;
    throw new EngineError(404, error.message, { cause: error });
  }
}
