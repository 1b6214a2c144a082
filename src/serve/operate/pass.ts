import type { Digest } from '#oci';
import type { Files, HeldLock } from '#store';
import type { RegistryTree } from './tree.ts';

/** Something that goes, or would go in a dry run. */
export interface Removal {
  /**
   * `link`: a blob of one repository, which may be in others; `blob`: bytes that no repository has, put away until a later run; `trash`: bytes that
   * were put away and are gone now.
   */
  readonly kind: 'tag' | 'manifest' | 'link' | 'blob' | 'trash' | 'upload';
  readonly repository?: string | undefined;
  /** The tag, the digest, or the id of the upload. */
  readonly name: string;
  /** Bytes of the disk that it takes; 0 for names. */
  readonly bytes: number;
}

/** One run over a registry's folder. */
export interface Pass {
  readonly tree: RegistryTree;
  readonly files: Files;
  /** When it began, in milliseconds since the epoch. */
  readonly now: number;
  readonly dryRun: boolean;
  /** Held while the run goes on; none in a dry run. */
  readonly lock: HeldLock | undefined;
  removed(removal: Removal): void;
  /** Something that is not as it should be, and was left as it is. */
  notice(text: string): void;
}

/** Adds some to a set. */
export function addAll(set: Set<Digest>, more: Iterable<Digest>): void {
  for (const digest of more) set.add(digest);
}
