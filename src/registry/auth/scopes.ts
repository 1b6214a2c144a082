interface Scope {
  /** Type and name, `repository:library/alpine`. */
  readonly resource: string;
  readonly actions: Set<string>;
}

/** `type:name:actions`; the name may hold colons (a host with a port), the actions do not. */
function parseScope(text: string): Scope {
  const colon = text.lastIndexOf(':');
  return colon < 0
    ? { resource: text, actions: new Set() }
    : { resource: text.slice(0, colon), actions: new Set(text.slice(colon + 1).split(',')) };
}

/** More than any registry asks for at once; the rest of a longer list is left out. */
const MOST = 16;

/**
 * The scopes to ask a token for: those of the challenge first, since some registries read only one, then those the request
 * is known to need. Actions on one resource become one scope.
 */
export function mergeScopes(challenged: string | undefined, needed: readonly string[]): string[] {
  const merged = new Map<string, Scope>();
  const texts = [...(challenged ?? '').split(/\s+/), ...needed].filter((text) => text !== '');
  for (const scope of texts.slice(0, MOST).map(parseScope)) {
    const known = merged.get(scope.resource);
    if (known === undefined) merged.set(scope.resource, scope);
    else for (const action of scope.actions) known.actions.add(action);
  }
  return [...merged.values()].map(({ resource, actions }) =>
    actions.size === 0 ? resource : `${resource}:${[...actions].join(',')}`,
  );
}

/** The repository that the scopes are about, `library/alpine` for `repository:library/alpine:pull`. */
export function repositoryOf(scopes: readonly string[]): string | undefined {
  for (const scope of scopes) {
    const name = /^repository:(.+):[^:]*$/.exec(scope)?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}
