import { DrayError } from '#errors';
import type { EngineConnection, EngineRequest } from './connection.ts';

/** The answer as a list of objects; null, as Go writes an empty one, is empty. Rejects with BAD_RESPONSE for anything else. */
export async function listAnswer<T extends object>(
  connection: EngineConnection,
  request: EngineRequest,
): Promise<readonly T[]> {
  const answer = await connection.json<unknown>(request);
  if (answer === null) return [];
  if (Array.isArray(answer) && answer.every(isObject)) return answer as readonly T[];
  throw new DrayError(
    'BAD_RESPONSE',
    `the engine answered ${request.method} ${request.path} with something else than a list`,
  );
}

/** The answer as an object. Rejects with BAD_RESPONSE for anything else. */
export async function objectAnswer<T extends object>(connection: EngineConnection, request: EngineRequest): Promise<T> {
  const answer = await connection.json<unknown>(request);
  if (isObject(answer) && !Array.isArray(answer)) return answer as T;
  throw new DrayError(
    'BAD_RESPONSE',
    `the engine answered ${request.method} ${request.path} with something else than an object`,
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
