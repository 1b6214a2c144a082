import { hasCode } from '#errors';

/**
 * What `read` makes of a document that is kept; undefined where it cannot be understood. What others wrote into the same folder was not looked
 * at as closely as what is pushed here.
 */
export async function orNothing<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (hasCode(error, 'MANIFEST_INVALID', 'UNSUPPORTED')) return undefined;
    throw error;
  }
}
