import type { WritePolicy } from '../operate/policy.ts';

/** One policy that asks all of them in order; what the first one that objects throws is thrown. */
export function combinePolicies(policies: readonly WritePolicy[]): Required<WritePolicy> {
  return {
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
