import { isJsonObject, type JsonObject } from '#oci';
import type { Action } from '../port.ts';
import { actionBits, bitOf } from '../rules/action-bits.ts';

/** What the `access` of a token allows: https://distribution.github.io/distribution/spec/auth/jwt/ */
export interface Grants {
  readonly catalog: boolean;
  allow(repository: string, action: Action): boolean;
}

/** Undefined for what is no list of grants. Grants of other kinds count for nothing; without any a token only shows who asks. */
export function readGrants(claims: JsonObject): Grants | undefined {
  const { access = null } = claims;
  if (access !== null && !Array.isArray(access)) return undefined;
  const byRepository = new Map<string, number>();
  let catalog = false;
  for (const entry of access ?? []) {
    const { type, name, actions } = isJsonObject(entry) ? entry : {};
    if (typeof name !== 'string' || !Array.isArray(actions)) return undefined;
    const words = actions.filter((action) => typeof action === 'string');
    if (type === 'registry' && name === 'catalog') catalog ||= words.includes('*');
    if (type === 'repository') byRepository.set(name, (byRepository.get(name) ?? 0) | actionBits(words));
  }
  return {
    catalog,
    allow: (repository, action) => ((byRepository.get(repository) ?? 0) & bitOf(action)) !== 0,
  };
}
