import { type ErrorCode, hasCode } from '#errors';

/** Does work again when it fails with one of `codes`: content that is wrong may have been cut or changed on the way. */
export async function onceMore<T>(codes: readonly ErrorCode[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, ...codes)) throw error;
    return work();
  }
}
