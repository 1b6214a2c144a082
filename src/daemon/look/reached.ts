import { hasCode } from '#errors';
import { EngineError } from '../http/engine-error.ts';
import { connectWords } from '../transfer/connect-words.ts';

/** What `found` gives; where a registry could not be reached, docker's words for that, of the path that docker asks for. */
export async function reached<T>(found: Promise<T>, path?: string): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (!hasCode(error, 'CONNECT_FAILED', 'TLS_FAILED')) throw error;
    throw new EngineError(500, connectWords(error, path), { cause: error });
  }
}
