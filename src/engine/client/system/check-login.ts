import type { CallOptions } from '#content';
import type { RegistryAuth } from '../../api/registry-auth.ts';
import type { AuthAnswer } from '../../api/system.ts';
import { objectAnswer } from '../answer-shape.ts';
import type { EngineConnection } from '../connection.ts';
import { clearer } from '../meaning.ts';

/**
 * Has the engine try credentials at their registry (`serveraddress`; Docker Hub where it is left out). Nothing is kept, neither here nor
 * there. Rejects with UNAUTHORIZED where the registry refuses them.
 */
export async function checkLogin(
  connection: EngineConnection,
  auth: RegistryAuth,
  { signal }: CallOptions,
): Promise<AuthAnswer> {
  try {
    return await objectAnswer(connection, { method: 'POST', path: '/auth', json: auth, signal });
  } catch (error) {
    throw clearer(error);
  }
}
