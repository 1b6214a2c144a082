import type { IncomingMessage } from 'node:http';
import { isJsonObject } from '#oci';
import { EngineError } from './engine-error.ts';

/** Settings of containers are the longest there are. */
const LIMIT = 4 * 2 ** 20;
/** Of all that are being read at once: who opens many connections gets no more memory by that. */
const LIMIT_OF_ALL = 32 * 2 ** 20;
let lengthOfAll = 0;
/** Milliseconds for a whole body, which no person types: who stops in the middle would keep others' room. */
const PATIENCE = 60_000;

/**
 * The body of a request as a JSON object; undefined where there is none. Rejects with an EngineError: 400 for what is none, 413 for what is
 * longer than 4 MiB, 503 where others send too much at the same time; 408, and the connection is closed, for what is not whole in time.
 */
export async function readJson(
  message: IncomingMessage,
  patience: number = PATIENCE,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const timer = setTimeout(
    () => message.destroy(new EngineError(408, 'the body of the request did not come to its end')),
    patience,
  );
  const bytes = await readWhole(message).finally(() => clearTimeout(timer));
  if (bytes.length === 0) return undefined;
  checkType(message.headers['content-type']);
  let found: unknown;
  try {
    found = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new EngineError(400, 'invalid JSON: the body of the request cannot be understood');
  }
  if (!isJsonObject(found)) {
    throw new EngineError(400, 'invalid JSON: the body of the request is not an object');
  }
  return found;
}

async function readWhole(message: IncomingMessage): Promise<Buffer> {
  const tooLarge = (): EngineError => new EngineError(413, 'http: request body too large');
  if (Number(message.headers['content-length'] ?? 0) > LIMIT) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Where it is given up the rest is dropped, so that the client gets its answer.
    for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      lengthOfAll += chunk.length;
      if (length > LIMIT) throw tooLarge();
      if (lengthOfAll > LIMIT_OF_ALL) throw new EngineError(503, 'too many large requests at once: try again');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    lengthOfAll -= length;
  }
}

function checkType(type = ''): void {
  const name = type.split(';')[0]?.trim().toLowerCase();
  if (name !== 'application/json') {
    throw new EngineError(400, `unsupported Content-Type header (${type}): must be 'application/json'`);
  }
}
