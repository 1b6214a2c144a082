import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Death, type OwnerProof, systemFiles } from '#store';
import { systemClock } from '#timing';
import { type BatonTerms, takeBaton } from './baton.ts';
import { DataFolder } from './data-folder.ts';

/** One of several processes, as it sees the death of all others. */
function ownerOf(scope: string, death: Death): OwnerProof {
  return { self: () => ({ pid: 7, scope, started: '9' }), death: () => death };
}

interface Process {
  readonly scope?: string;
  readonly death?: Death;
  /** Milliseconds by which its clock is ahead. */
  readonly later?: number;
}

function upload(t: TestContext): { readonly folder: string; as(process: Process): BatonTerms } {
  const root = mkdtempSync(join(tmpdir(), 'dray-baton-'));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'upload');
  mkdirSync(folder);
  writeFileSync(join(folder, 'startedat'), '2024-01-02T03:04:05Z');
  writeFileSync(join(folder, 'data'), 'some bytes');
  let id = 0;
  const as = ({ scope = 'here', death, later = 0 }: Process): BatonTerms => ({
    files: new DataFolder({ root, fs: systemFiles, sync: false, id: `p${(id += 1)}` }),
    clock: { ...systemClock, now: () => Date.now() + later },
    owners: ownerOf(scope, death),
  });
  return { folder, as };
}

test('one has the right to write at a time', async (t) => {
  const { folder, as } = upload(t);
  const first = await takeBaton(as({}), folder);
  assert.ok(typeof first === 'object');
  assert.equal(await takeBaton(as({}), folder), 'busy');
  assert.equal(first.giveBack(), true);
  assert.deepEqual(readdirSync(folder).toSorted(), ['data', 'startedat']);
  assert.equal(typeof (await takeBaton(as({}), folder)), 'object');
});

test('of many who want it at once one gets it', async (t) => {
  const { folder, as } = upload(t);
  const all = await Promise.all(Array.from({ length: 20 }, () => takeBaton(as({}), folder)));
  assert.equal(all.filter((baton) => typeof baton === 'object').length, 1);
  assert.equal(all.filter((baton) => baton === 'busy').length, 19);
});

test('there is none where the upload is gone', async (t) => {
  const { folder, as } = upload(t);
  const baton = await takeBaton(as({}), folder);
  rmSync(folder, { recursive: true });
  assert.ok(typeof baton === 'object');
  assert.equal(baton.giveBack(), false);
  assert.equal(await takeBaton(as({}), folder), 'gone');
});

test('a dead process leaves it to the next, with its file', async (t) => {
  const { folder, as } = upload(t);
  await takeBaton(as({}), folder);
  const before = statSync(join(folder, 'data')).ino;
  const next = await takeBaton(as({ death: 'exact' }), folder);
  assert.ok(typeof next === 'object');
  assert.equal(statSync(join(folder, 'data')).ino, before);
  next.giveBack();
  assert.deepEqual(readdirSync(folder).toSorted(), ['data', 'startedat']);
});

for (const [what, process] of [
  ['on another machine', { scope: 'there' }],
  ['that is dead as it seems', { death: 'likely' }],
] as const) {
  test(`a process ${what} is waited for, and its file is not written to after that`, async (t) => {
    const { folder, as } = upload(t);
    await takeBaton(as({}), folder);
    const before = statSync(join(folder, 'data')).ino;
    assert.equal(await takeBaton(as({ ...process, later: 50_000 }), folder), 'busy');
    assert.equal(typeof (await takeBaton(as({ ...process, later: 70_000 }), folder)), 'object');
    assert.notEqual(statSync(join(folder, 'data')).ino, before);
    assert.equal(readFileSync(join(folder, 'data'), 'utf8'), 'some bytes');
  });
}

test('an upload whose beginning was cut short can be written to', async (t) => {
  const { folder, as } = upload(t);
  rmSync(join(folder, 'startedat'));
  assert.equal(typeof (await takeBaton(as({}), folder)), 'object');
});
