import type { EngineConnection, EngineRequest } from './connection.ts';
import { discard } from './discard.ts';

/** Makes a request whose answer says nothing but that it is done. */
export async function act(connection: EngineConnection, request: EngineRequest): Promise<void> {
  await discard(await connection.send(request));
}
