import type { Digest } from '#oci';
import type { QuotaRule } from './options.ts';
import { type NameTest, repositoryTest } from './patterns.ts';

/** What a quota is for, and how much of it is used. */
export interface Scope {
  /** For people. */
  readonly label: string;
  /** Bytes. */
  readonly limit: number;
  readonly used: number;
}

interface OpenScope extends Scope {
  used: number;
  readonly sizes: Map<Digest, number>;
}

/** The scopes that quotas are counted in, each made when something of it is first met. */
export class QuotaScopes {
  readonly #rules: readonly (QuotaRule & { readonly isRepository: NameTest })[];
  readonly #scopes = new Map<string, OpenScope>();

  constructor(rules: readonly QuotaRule[]) {
    this.#rules = rules.map((rule) => ({ ...rule, isRepository: repositoryTest(rule.repositories) }));
  }

  /** Those that a repository counts in. */
  of(repository: string): readonly Scope[] {
    return this.#of(repository);
  }

  add(repository: string, digest: Digest, size: number): void {
    for (const scope of this.#of(repository)) {
      if (scope.sizes.has(digest)) continue;
      scope.sizes.set(digest, size);
      scope.used += size;
    }
  }

  /** Of one that is known. */
  sizeOf(digest: Digest): number | undefined {
    for (const { sizes } of this.#scopes.values()) {
      const size = sizes.get(digest);
      if (size !== undefined) return size;
    }
    return undefined;
  }

  /** The first scope without room for so many bytes more; one that is full has none for any. */
  exceeded(repository: string, bytes: number): Scope | undefined {
    return this.#of(repository).find(({ used, limit }) => used + Math.max(bytes, 1) > limit);
  }

  #of(repository: string): readonly OpenScope[] {
    const found: OpenScope[] = [];
    for (const [index, rule] of this.#rules.entries()) {
      const { isRepository, per = 'together', bytes } = rule;
      if (!isRepository(repository)) continue;
      const member = { together: '', repository, namespace: repository.split('/')[0] ?? '' }[per];
      const key = `${index} ${member}`;
      let scope = this.#scopes.get(key);
      if (scope === undefined) {
        scope = { label: labelOf(rule, member), limit: bytes, used: 0, sizes: new Map() };
        this.#scopes.set(key, scope);
      }
      found.push(scope);
    }
    return found;
  }
}

function labelOf({ per, repositories }: QuotaRule, member: string): string {
  if (member === '')
    return typeof repositories === 'object' ? repositories.join(' ') : (repositories ?? 'this registry');
  return per === 'namespace' ? `everything below ${member}` : member;
}
