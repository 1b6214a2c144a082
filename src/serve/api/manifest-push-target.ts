import { type Digest, isDigest, isTag } from '#oci';
import { apiError } from '../http/api-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { invalidDigest, invalidTag } from './manifest-faults.ts';
import type { RouteContext } from './route-context.ts';

/** Where a manifest is pushed to. */
export interface PushTarget {
  /** What it must have; undefined for a push by tag. */
  readonly digest: Digest | undefined;
  /** Each of them once. */
  readonly tags: readonly string[];
}

/** Tags of one push. The specification wants ten at least; more than these would hardly go into a URL. */
const MOST_TAGS = 100;

/** Reads what stands behind `manifests/`, and the tags of a push by digest: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests */
export function readPushTarget({ target, parameters }: Exchange): PushTarget {
  const reference = target.kind === 'manifest' ? target.reference : '';
  if (!reference.includes(':')) {
    if (!isTag(reference)) throw invalidTag(reference);
    return { digest: undefined, tags: [reference] };
  }
  if (!isDigest(reference)) throw invalidDigest(reference);
  const tags = [...new Set(parameters.getAll('tag'))];
  if (tags.length > MOST_TAGS) {
    throw apiError(414, 'UNSUPPORTED', `a manifest can be pushed with ${MOST_TAGS} tags at once`, {
      tags: tags.length,
    });
  }
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw invalidTag(wrong);
  return { digest: reference, tags };
}

/**
 * Does `work` while nobody else in this process changes these tags, if somebody may have something against it: of two requests that make one
 * tag at the same time the second one has to see what the first one has made.
 */
export async function inTurn(
  { actor }: Exchange,
  { repository, policy, turns }: RouteContext,
  { tags, work }: { readonly tags: readonly string[]; readonly work: () => Promise<void> },
): Promise<void> {
  const isGuarded = policy.guardsTags || actor?.may(repository, 'overwrite') !== true;
  const taken: (() => void)[] = [];
  try {
    // In one order, so that nobody waits for somebody who waits for him.
    for (const tag of isGuarded ? [...tags].sort() : []) taken.push(await turns.take(`${repository}:${tag}`, {}));
    await work();
  } finally {
    for (const giveBack of taken) giveBack();
  }
}

/** Throws what the policy, or the client's rights, have against pointing one of the tags at this digest. */
export async function allowTags(
  exchange: Exchange,
  { storage, repository, policy }: RouteContext,
  { tags, to }: { readonly tags: readonly string[]; readonly to: Digest },
): Promise<void> {
  for (const tag of tags) {
    const from = (await storage.tagged(repository, tag))?.digest;
    if (from === to) continue;
    if (from !== undefined) mustOverwrite(exchange, repository, `the tag ${tag} is there, and must not be moved`);
    await policy.allowTag(repository, tag, { from, to });
  }
}

/** Throws an ApiError 403 with this message for who may only add to the repository. */
export function mustOverwrite({ actor }: Exchange, repository: string, message: string): void {
  if (actor?.may(repository, 'overwrite') !== true) throw apiError(403, 'DENIED', message);
}
