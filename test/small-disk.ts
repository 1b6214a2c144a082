import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIB = 1 << 20;

/** A file system of 24 MiB; undefined where this user cannot have one. */
export function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dray-small-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]).status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

/** Takes it away, also while it is used. */
export function removeDisk(folder: string): void {
  spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
}

/** Writes until there is no space. */
export function fill(path: string): void {
  for (const size of [MIB, 4096]) {
    try {
      for (let left = 1000; left > 0; left -= 1) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
}
