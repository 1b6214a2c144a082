import type { DiskStore, Lease } from '#store';

/** A lease for a whole piece of work, taken when there first is something to hold: until then the store need not exist. */
export function holdIn(store: DiskStore): Lease {
  let lease: Lease | undefined;
  return {
    async add(content, { signal } = {}) {
      if (lease === undefined) lease = await store.lease(content, { signal });
      else await lease.add(content, { signal });
    },
    check: () => lease?.check(),
    release: async () => lease?.release(),
  };
}
