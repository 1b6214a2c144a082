import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Ingest, Loan } from '#content';
import { holds, lacks, layerOf, rejects } from '#testing';
import { type DiskStore, openDiskStore } from './disk/disk-store.ts';
import { type LentIngest, type LoanTerms, openLoan } from './loan.ts';

const LAYER = layerOf(3_000_000, 'gzip');
const { descriptor: TARGET, bytes: BYTES, diffId } = LAYER;
const HALF = Math.floor(TARGET.size / 2);

let root = '';
let store: DiskStore;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'dray-loan-'));
  store = await openDiskStore({ root });
});
afterEach(() => rmSync(root, { recursive: true }));

interface Lent {
  readonly owner: Ingest;
  readonly loan: Loan;
  readonly lent: LentIngest;
}

/** An ingest that has its first 1000 bytes, and is then lent as if to another thread. */
async function lend(): Promise<Lent> {
  const owner = await store.ingest(TARGET, { diffId });
  owner?.write(0, BYTES.subarray(0, 1000));
  const loan = owner?.lend?.();
  if (owner === undefined || loan === undefined) assert.fail('it is not lent');
  // Plain data survives the way to another thread.
  return { owner, loan, lent: openLoan(structuredClone(loan.terms) as LoanTerms) };
}

describe('an ingest on loan', () => {
  it('is verified there and made visible here', async () => {
    const { loan, lent } = await lend();
    assert.deepEqual(lent.ingest.have(), [{ start: 0, end: 1000 }]);
    lent.ingest.write(HALF, BYTES.subarray(HALF));
    lent.ingest.write(1000, BYTES.subarray(1000, HALF));
    await lent.ingest.commit();
    await lacks(store, LAYER);
    await loan.settle(lent.verified());
    await holds(store, LAYER);
    assert.deepEqual(store.layerFacts(TARGET.digest), { diffId, size: 3_000_000 });
  });

  it('comes back with all that came there, gaps and all', async () => {
    const { owner, loan, lent } = await lend();
    lent.ingest.write(HALF, BYTES.subarray(HALF));
    await lent.ingest.release();
    loan.reclaim();
    assert.deepEqual(owner.have(), [
      { start: 0, end: 1000 },
      { start: HALF, end: TARGET.size },
    ]);
    owner.write(1000, BYTES.subarray(1000, HALF));
    await owner.commit();
    await holds(store, LAYER);
  });

  it('comes back empty when what came there was wrong', async () => {
    const { owner, loan, lent } = await lend();
    lent.ingest.write(HALF, new Uint8Array(TARGET.size - HALF));
    lent.ingest.write(1000, BYTES.subarray(1000, HALF));
    await rejects(lent.ingest.commit(), 'DIGEST_MISMATCH');
    await lent.ingest.release();
    loan.reclaim();
    assert.deepEqual(owner.have(), []);
    owner.write(0, BYTES);
    await owner.commit();
    await holds(store, LAYER);
  });

  it('is not touched here meanwhile', async () => {
    const { owner, loan, lent } = await lend();
    assert.throws(() => owner.write(1000, BYTES.subarray(1000, 2000)), { code: 'BUG' });
    await rejects(owner.commit(), 'BUG');
    await lent.ingest.release();
    loan.reclaim();
    await owner.release();
    const next = await store.ingest(TARGET);
    assert.deepEqual(next?.have(), [{ start: 0, end: 1000 }]);
    await next?.release();
  });
});
