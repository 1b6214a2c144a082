import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemFiles } from './file-system.ts';
import { writeWholeFile } from './whole-file.ts';

test('a full disk leaves nothing, and the hint promises nothing', async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-whole-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'out.tar');
  for (const [errno, hint] of [
    ['ENOSPC', 'free some space, or use another folder'],
    ['EFBIG', 'a limit of this shell (ulimit -f) or of the file system'],
  ] as const) {
    let writes = 0;
    const fs: typeof systemFiles = {
      ...systemFiles,
      writeSync: ((...args: Parameters<typeof systemFiles.writeSync>) => {
        writes += 1;
        if (writes === 2) throw Object.assign(new Error('refused'), { code: errno });
        return systemFiles.writeSync(...args);
      }) as typeof systemFiles.writeSync,
    };
    await assert.rejects(writeWholeFile(path, chunks(), { fs }), (error: Error & { hint?: string }) => {
      assert.match(error.message, /^writing .*out\.tar: no /);
      assert.equal(error.hint, hint);
      return true;
    });
    assert.deepEqual(readdirSync(folder), []);
  }
});

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one');
  yield Buffer.from('two');
}
