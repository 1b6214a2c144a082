import { DrayError } from '#errors';
import { apiError } from '../http/api-error.ts';
import { BoundedMap } from './bounded-map.ts';
import { repositoryGlob } from './glob.ts';
import type { RouteRule } from './options.ts';
import type { Upstream } from './upstream.ts';

/** A repository that is cached. */
export interface CachedRoute {
  readonly upstream: Upstream;
  /** Its name here: one for every way to ask for it. */
  readonly repository: string;
  /** Its path there. */
  readonly path: string;
}

/** `local`: it is kept here. `denied`: nobody gets it. */
export type Route = CachedRoute | 'local' | 'denied';

const MOST_KNOWN = 10_000;

interface Rule {
  readonly matches: (name: string) => boolean;
  readonly to: Upstream | 'local' | 'denied';
}

/** Which repositories are kept here, and which are those of an upstream. */
export class Routes {
  readonly #upstreams: readonly Upstream[];
  readonly #rules: readonly Rule[];
  readonly #known = new BoundedMap<string, Route>(MOST_KNOWN);

  /** Throws INVALID_CONFIGURATION where two upstreams are in each other's way, or a rule goes nowhere. */
  constructor(upstreams: readonly Upstream[], rules: readonly RouteRule[]) {
    // The longest prefix first: `hub/mine` before `hub`.
    this.#upstreams = [...upstreams].sort((a, b) => b.prefix.length - a.prefix.length);
    expectOwn(
      upstreams.map(({ domain }) => domain),
      'are called',
    );
    expectOwn(
      upstreams.map(({ prefix }) => prefix),
      'have the prefix',
    );
    this.#rules = rules.map(({ match, to }) => ({ matches: repositoryGlob(match), to: this.#target(match, to) }));
  }

  of(repository: string): Route {
    let route = this.#known.get(repository);
    if (route === undefined) {
      route = this.#find(repository);
      this.#known.set(repository, route);
    }
    return route;
  }

  /**
   * The repository here that a client means which names the registry that it thinks it is talking to (`?ns=`). Throws an ApiError where that is not
   * cached: what is kept here under the same name is something else.
   */
  named(name: string, namespace: string | undefined): string {
    if (namespace !== undefined) {
      const upstream = this.#named(namespace);
      if (upstream === undefined) {
        throw apiError(404, 'NAME_UNKNOWN', 'this server does not cache that registry', { namespace });
      }
      return cached(upstream, name).repository;
    }
    const route = this.of(name);
    return typeof route === 'string' ? name : route.repository;
  }

  #named(namespace: string): Upstream | undefined {
    const domain = namespace === 'index.docker.io' || namespace === 'registry-1.docker.io' ? 'docker.io' : namespace;
    return this.#upstreams.find((upstream) => upstream.domain === domain);
  }

  #find(repository: string): Route {
    const rule = this.#rules.find(({ matches }) => matches(repository));
    const to = rule?.to ?? this.#upstreams.find(({ prefix }) => prefix === '' || repository.startsWith(`${prefix}/`));
    if (to === undefined || typeof to === 'string') return to ?? 'local';
    const under = rule === undefined && to.prefix !== '' ? repository.slice(to.prefix.length + 1) : repository;
    const route = rule === undefined ? cached(to, under) : { upstream: to, repository, path: to.fullPath(under) };
    return to.allows(route.path) ? route : 'denied';
  }

  #target(match: string, to: string): Rule['to'] {
    if (to === 'local') return to;
    if (to === 'deny') return 'denied';
    const upstream = this.#upstreams.find(({ domain }) => domain === to);
    if (upstream !== undefined) return upstream;
    throw new DrayError('INVALID_CONFIGURATION', `the rule for ${match} goes to ${to}, which is no upstream`, {
      hint: 'name the domain of an upstream, `local` or `deny`',
    });
  }
}

function cached(upstream: Upstream, name: string): CachedRoute {
  const path = upstream.fullPath(name);
  return { upstream, path, repository: upstream.prefix === '' ? path : `${upstream.prefix}/${path}` };
}

function expectOwn(values: readonly string[], what: string): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice === undefined) return;
  throw new DrayError('INVALID_CONFIGURATION', `two upstreams ${what} ${JSON.stringify(twice)}`, {
    hint: 'give each upstream a domain and a prefix of its own',
  });
}
