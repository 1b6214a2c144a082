import { isAbsence } from '#store';
import type { RegistryTree } from './tree.ts';

/** Of a link that is being taken away: beside it, so that whoever finds it knows whose it was. */
const SUFFIX = '.dray-gone';

/** A link that was taken away, for now. */
export interface Withdrawn {
  /** Milliseconds since the epoch: when it was made or last touched. */
  readonly touched: number;
  /** Puts it back, unless another one has come in its place meanwhile. */
  restore(): void;
  /** Removes it for good, and the folders that it was in, `levels` of them, as far as they are empty. */
  finish(levels: number): void;
}

/** Takes a link away in one step that can be undone; whoever is killed before it is decided leaves that to `recover`. Undefined: there was none. */
export function withdraw(tree: RegistryTree, link: string): Withdrawn | undefined {
  const aside = link + SUFFIX;
  try {
    tree.fs.renameSync(link, aside);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
  return {
    touched: tree.stat(aside)?.mtimeMs ?? 0,
    restore: () => restore(tree, link),
    finish(levels) {
      tree.unlink(aside);
      tree.prune(link.slice(0, link.lastIndexOf('/')), levels);
    },
  };
}

/** The state of a link, in which one is restored that an earlier run took away and did not decide on. */
export function recover(tree: RegistryTree, link: string, dryRun: boolean): ReturnType<RegistryTree['stat']> {
  const found = tree.stat(link);
  if (found !== undefined) return found.size > 0 ? found : undefined;
  const aside = tree.stat(link + SUFFIX);
  if (aside === undefined || dryRun) return aside;
  restore(tree, link);
  return tree.stat(link);
}

function restore(tree: RegistryTree, link: string): void {
  const aside = link + SUFFIX;
  const copied = tree.copyName(aside, link);
  // Where there are no hard links, another one that comes in this instant is lost.
  if (copied === 'impossible' && tree.stat(link) === undefined) tree.fs.renameSync(aside, link);
  else tree.unlink(aside);
}
