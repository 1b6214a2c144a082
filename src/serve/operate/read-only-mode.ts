import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { apiError } from '../http/api-error.ts';
import type { WritePolicy } from './policy.ts';

export interface ReadOnlyOptions {
  /** Nothing can be written, ever. */
  readonly always?: boolean | undefined;
  /** Folder of the storage: nothing can be written while a file `dray/read-only` is in it. */
  readonly root?: string | undefined;
}

/** The file in the folder of the storage that makes all who serve it read-only, from the next request on. */
export function readOnlyFile(root: string): string {
  return join(root, 'dray', 'read-only');
}

/** Refuses every write with 405 UNSUPPORTED, as distribution does, while the registry is to be read only. Uploads under way stay, and go on afterwards. */
export function readOnlyMode({ always = false, root }: ReadOnlyOptions): WritePolicy {
  const file = root === undefined ? undefined : readOnlyFile(root);
  return {
    allowWrite() {
      if (!always && (file === undefined || !existsSync(file))) return;
      throw apiError(405, 'UNSUPPORTED', 'this registry is read-only at present: nothing can be pushed or deleted');
    },
  };
}
