import type { WritePolicy } from '../operate/policy.ts';

export interface CombinedPolicy extends Required<WritePolicy> {
  /** False: nobody has anything to say about tags. */
  readonly guardsTags: boolean;
}

/** One policy that asks all of them in order; what the first one that objects throws is thrown. */
export function combinePolicies(policies: readonly WritePolicy[]): CombinedPolicy {
  return {
    guardsTags: policies.some(({ allowTag }) => allowTag !== undefined),
    async allowWrite(repository) {
      for (const policy of policies) await policy.allowWrite?.(repository);
    },
    async allowBytes(repository, bytes) {
      for (const policy of policies) await policy.allowBytes?.(repository, bytes);
    },
    async allowTag(repository, tag, change) {
      for (const policy of policies) await policy.allowTag?.(repository, tag, change);
    },
    async allowDelete(repository, digest) {
      for (const policy of policies) await policy.allowDelete?.(repository, digest);
    },
  };
}
