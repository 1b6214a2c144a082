import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missingRanges } from '#bytes';
import { contentOf } from '#testing';
import { planOf, testFolder } from './fixtures.test.ts';
import type { ChildTask } from './kill.test.child.ts';
import { openArchiveFile } from './open.ts';

const CHILD = fileURLToPath(import.meta.url.replace(/\.test\.(ts|js)$/, '.test.child.$1'));
const BLOB = contentOf(16 * 1024 * 1024, 7);
const folder = testFolder();
after(() => rmSync(folder, { recursive: true }));

/** Kills the child when it says that all it was to write is written; resolves with the last number it said. */
async function killAt(task: ChildTask): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let written = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    written = Number(line);
    if (written >= task.limit) child.kill('SIGKILL');
  }
  await closed;
  assert.equal(child.signalCode, 'SIGKILL');
  return written;
}

it('an archive file whose process was killed has all but the last 256 KiB', async () => {
  const content = join(folder, 'content');
  writeFileSync(content, BLOB.bytes);
  const path = join(folder, 'app.tar');
  const plan = planOf(BLOB.descriptor);
  const written = await killAt({ path, plan, target: BLOB.descriptor, content, limit: 5_000_000 });
  const file = await openArchiveFile(path, plan, { sync: false });
  const ingest = await file.ingest(BLOB.descriptor);
  if (ingest === undefined) assert.fail();
  assert.equal(ingest.have().length, 2);
  const missing = missingRanges(ingest.have(), BLOB.descriptor.size);
  const there = missing.reduce((left, { start, end }) => left - end + start, BLOB.descriptor.size);
  assert.ok(there >= written - 256 * 1024, `${written} bytes were written, ${there} are known`);
  for (const { start, end } of missing) ingest.write(start, BLOB.bytes.subarray(start, end));
  await ingest.commit();
  await file.finish();
  assert.deepEqual(readdirSync(folder).sort(), ['app.tar', 'content']);
  const { offset } = plan.blobs.find(({ descriptor }) => descriptor.digest === BLOB.descriptor.digest) ?? assert.fail();
  assert.ok(
    readFileSync(path)
      .subarray(offset, offset + BLOB.bytes.length)
      .equals(BLOB.bytes),
  );
});
