import { pour } from '#bytes';
import type { EngineAnswer } from './connection.ts';

/** Most that is read of an answer that nobody needs. Bytes. */
const LIMIT = 64 * 1024;

/** Reads what is left of an answer, so that the connection can be used again; gives up one that has much to say. */
export async function discard({ body }: EngineAnswer): Promise<void> {
  let length = 0;
  await pour(body, (chunk) => {
    length += chunk.length;
    return length <= LIMIT;
  });
}
