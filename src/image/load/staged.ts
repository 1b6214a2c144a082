import type { Ingest } from '#content';

/** Content on its way that stays out of sight after its commit, which only verifies it, until it is published. */
export interface Staged extends Ingest {
  /** Makes verified content visible. Does nothing the second time. */
  publish(): Promise<void>;
  /** Forgets what is not visible, as if it had never come. */
  discard(): Promise<void>;
}
