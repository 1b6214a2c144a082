import { DrayError } from '#errors';
import {
  type LoadOptions,
  type LoadResult,
  loadArchive,
  type PullOptions,
  type PullPlan,
  type PullResult,
  planPull,
  pullAll,
} from '#image';
import type { ArchiveOrigin } from '#store';
import type { Machine } from './machine.ts';

/** What moves images. */
export interface TransferVerbs {
  /** Pulls one image into the store and, with `output`, into a file. Resolves when everything is verified and in place; of several tags with the first. */
  pull(reference: string, options?: PullOptions): Promise<PullResult>;
  /** Pulls several; layers that they share are fetched once, and one output file holds them all. With `allTags`, one result per tag. */
  pullAll(references: readonly string[], options?: PullOptions): Promise<readonly PullResult[]>;
  /** What a pull would fetch. Rejects with UNSUPPORTED for docker's first format, which does not tell. */
  plan(reference: string, options?: PullOptions): Promise<PullPlan>;
  /** Loads all images of an archive (docker's or an OCI layout, plain or compressed) into the store; all of it, verified, or nothing. */
  load(origin: ArchiveOrigin, options?: LoadOptions): Promise<LoadResult>;
}

export function transferVerbs(machine: Machine): TransferVerbs {
  const pullSeveral: TransferVerbs['pullAll'] = async (references, options = {}) => {
    const { places, concurrency } = await machine.open(references);
    const { concurrency: own = concurrency } = options;
    return pullAll(references, places, { ...machine.forPlatform(options), concurrency: own });
  };
  return {
    pullAll: pullSeveral,
    async pull(reference, options) {
      const [result] = await pullSeveral([reference], options);
      if (result === undefined) throw new DrayError('NOT_FOUND', `nothing was pulled for ${reference}`);
      return result;
    },
    async plan(reference, options = {}) {
      const { places } = await machine.open([reference]);
      return planPull(reference, places, machine.forPlatform(options));
    },
    async load(origin, options = {}) {
      const { places, concurrency } = await machine.open([]);
      const { concurrency: own = concurrency } = options;
      return loadArchive(origin, places, { ...options, concurrency: own });
    },
  };
}
