import type { Source } from './ports.ts';

/** Reads from `cache` what is there, and from `origin` what is not. Nothing is put into the cache. */
export function cachedSource(cache: Source, origin: Source): Source {
  return {
    has: async (target, options) => (await cache.has(target, options)) || origin.has(target, options),
    fetch: async (target, options) =>
      (await cache.has(target, options)) ? cache.fetch(target, options) : origin.fetch(target, options),
  };
}
