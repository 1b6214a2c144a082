import { dirname, join } from 'node:path';
import type { Digest } from '#oci';
import { isAbsence } from '#store';
import { immutability } from './immutable-tags.ts';
import type { ImmutableRule, RetentionRule } from './options.ts';
import type { Pass } from './pass.ts';
import { type NameTest, repositoryTest, tagTest } from './patterns.ts';
import { readTags, type TagLink } from './tag-links.ts';
import { withdraw } from './withdraw.ts';

/** What is kept of repositories. */
export interface Retention {
  /** Removes the tags of a repository that are not to be kept. */
  retain(pass: Pass, repository: string): Promise<void>;
  /** Milliseconds that its untagged manifests are kept; undefined: for ever. */
  untagged(repository: string): number | undefined;
}

interface ReadRule extends RetentionRule {
  readonly isRepository: NameTest;
  readonly isTag: NameTest;
  readonly isExcepted: NameTest;
}

/** Reads rules. Throws INVALID_OPTION for one that cannot be understood. */
export function retention(rules: readonly RetentionRule[], immutable: readonly ImmutableRule[]): Retention {
  const isImmutable = immutability(immutable);
  const read: readonly ReadRule[] = rules.map((rule) => ({
    ...rule,
    isRepository: repositoryTest(rule.repositories),
    isTag: tagTest(rule.tags),
    isExcepted: tagTest(rule.except, false),
  }));
  const ruleOf = (repository: string): ReadRule | undefined => read.find((rule) => rule.isRepository(repository));
  return {
    untagged: (repository) => ruleOf(repository)?.untagged,
    async retain(pass, repository) {
      const rule = ruleOf(repository);
      if (rule === undefined || (rule.newest === undefined && rule.younger === undefined)) return;
      const { newest = 0, younger = 0 } = rule;
      const tags: TagLink[] = [];
      for await (const link of readTags(pass.tree, repository, pass.dryRun)) {
        const { tag } = link;
        if (rule.isTag(tag) && !rule.isExcepted(tag) && !isImmutable(repository, tag)) tags.push(link);
      }
      // Of those that came at once the names decide, so that a dry run says what a real one does.
      tags.sort((a, b) => b.pushed - a.pushed || (a.tag < b.tag ? 1 : -1));
      const old = tags.slice(newest).filter(({ pushed }) => pass.now - pushed >= younger);
      for (const link of old) await removeTag(pass, repository, link);
      if (old.length > 0 && !pass.dryRun) await pass.files.syncFolder(pass.tree.paths.tags(repository));
    },
  };
}

/** Removes a tag unless it was pushed again meanwhile. */
async function removeTag(pass: Pass, repository: string, { tag, digest, pushed }: TagLink): Promise<void> {
  const { tree, dryRun } = pass;
  if (!dryRun) {
    pass.lock?.assertHeld({ now: true });
    const link = tree.tagLink(repository, tag);
    const withdrawn = withdraw(tree, link);
    if (withdrawn?.touched !== pushed) {
      withdrawn?.restore();
      return;
    }
    touchRevision(pass, repository, digest);
    const folder = tree.paths.tag(repository, tag);
    // Its own link last: whoever is killed before has not removed it.
    for await (const former of tree.digests(join(folder, 'index'))) {
      const old = join(folder, 'index', former.replace(':', '/'), 'link');
      tree.unlink(old);
      tree.prune(dirname(old), 1);
    }
    for (const algorithm of ['sha256', 'sha512']) tree.prune(join(folder, 'index', algorithm), 2);
    withdrawn.finish(2);
  }
  pass.removed({ kind: 'tag', repository, name: tag, bytes: 0 });
  await tree.pace.next();
}

/** It is untagged from now on, if it is. */
function touchRevision({ tree, now }: Pass, repository: string, digest: Digest): void {
  // Later than now: this run does not count it among what has been untagged for some time.
  const time = now / 1000 + 1;
  try {
    tree.fs.utimesSync(join(tree.paths.revision(repository, digest), 'link'), time, time);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
