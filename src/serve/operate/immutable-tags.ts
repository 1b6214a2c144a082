import { apiError } from '../http/api-error.ts';
import type { ImmutableRule } from './options.ts';
import { repositoryTest, tagTest } from './patterns.ts';
import type { WritePolicy } from './policy.ts';

/** Whether a tag may never point to anything else. Throws INVALID_OPTION for a rule that cannot be understood. */
export function immutability(rules: readonly ImmutableRule[]): (repository: string, tag: string) => boolean {
  const tests = rules.map(({ repositories, tags, except }) => ({
    isRepository: repositoryTest(repositories),
    isTag: tagTest(tags),
    isExcepted: tagTest(except, false),
  }));
  return (repository, tag) =>
    tests.some((rule) => rule.isRepository(repository) && rule.isTag(tag) && !rule.isExcepted(tag));
}

/** Lets immutable tags be made, and pushed again as they are, but neither moved nor deleted: 409 DENIED. */
export function immutableTags(rules: readonly ImmutableRule[]): WritePolicy {
  const isImmutable = immutability(rules);
  return {
    allowTag(repository, tag, { from, to }) {
      if (from === undefined || from === to || !isImmutable(repository, tag)) return;
      const rest =
        to === undefined ? 'and cannot be deleted' : 'and cannot point to anything else; push under another tag';
      throw apiError(409, 'DENIED', `the tag ${tag} of ${repository} is immutable: it is ${from} ${rest}`, {
        tag,
        digest: from,
      });
    },
  };
}
