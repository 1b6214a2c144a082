import type { Dray } from '#dray';
import { decodeRegistryAuth, type RegistryAuth } from '#engine';
import type { EngineExchange } from '../http/exchange.ts';

/** What the client gives along for the registry. As docker does, what cannot be read is taken for nothing: the registry will say if it matters. */
export function clientAuth(exchange: EngineExchange): RegistryAuth {
  try {
    return decodeRegistryAuth(exchange.header('x-registry-auth'));
  } catch {
    return {};
  }
}

/** True for one that has nothing to show. */
export function isAnonymous({ username, password, identitytoken, registrytoken }: RegistryAuth): boolean {
  return !(username || password || identitytoken || registrytoken);
}

/** Calls `use` with registries being shown what the client gave, and nothing else. */
export async function withAuth<T>(dray: Dray, auth: RegistryAuth, use: (dray: Dray) => Promise<T>): Promise<T> {
  if (isAnonymous(auth)) return use(dray);
  const { username, password, identitytoken, registrytoken } = auth;
  const credentials = { username, password, identityToken: identitytoken, registryToken: registrytoken };
  const own = dray.with({ credentials, storedCredentials: false, anonymous: false });
  try {
    return await use(own);
  } finally {
    await own.close();
  }
}
