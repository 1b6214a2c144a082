/** One thing of `scope`: `repository:team/app:pull,push`, `registry:catalog:*`. */
export interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** More than any client needs. */
const MOST_SCOPES = 100;

/**
 * The scopes of a request, which may come several times and several in one (https://distribution.github.io/distribution/spec/auth/scope/). What is
 * no scope is left out, and nothing is allowed for it.
 */
export function readScopes(values: readonly string[]): readonly Scope[] {
  return values
    .flatMap((value) => value.split(' '))
    .filter((text) => text !== '')
    .slice(0, MOST_SCOPES)
    .flatMap((text) => {
      const first = text.indexOf(':');
      const last = text.lastIndexOf(':');
      if (first <= 0 || last === first) return [];
      const name = text.slice(first + 1, last);
      return [{ type: text.slice(0, first), name, actions: text.slice(last + 1).split(',') }];
    });
}
