import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrayError } from '#errors';
import type { BlobReport } from './blob-report.ts';
import { Patience } from './patience.ts';

const lost = new DrayError('CONNECTION_LOST', 'cut');
const worked = { worked: true, received: 7 };

function patience(retries: number, size = 0): { readonly patience: Patience; readonly told: unknown[][] } {
  const told: unknown[][] = [];
  const report: BlobReport = {
    state: () => undefined,
    progress: () => undefined,
    retry: (...args) => told.push(args),
  };
  return { patience: new Patience(size, { report, retries }), told };
}

test('so many failures in a row are borne, each with a longer rest', () => {
  const { patience: patient, told } = patience(2);
  const delays = [patient.bear(lost, worked), patient.bear(lost, worked)];
  assert.throws(() => patient.bear(lost, worked), lost);
  assert.ok((delays[0] ?? 0) <= 250 && (delays[1] ?? 0) > 250, String(delays));
  assert.deepEqual(
    told,
    delays.map((delay, at) => [at + 1, delay, 7, 'cut']),
  );
});

test('progress between failures is worth new patience, but not for ever', () => {
  for (const [size, most] of [
    [0, 50],
    [1024 * 1024, 54],
  ] as const) {
    const { patience: patient, told } = patience(1, size);
    for (let failure = 1; failure <= most; failure += 1) {
      patient.bear(lost, worked);
      patient.renew();
    }
    assert.throws(() => patient.bear(lost, worked), lost);
    assert.equal(told.length, most);
  }
});

test('what has never answered, and what is not of the network, is not borne', () => {
  const { patience: patient, told } = patience(5);
  assert.throws(() => patient.bear(lost, { worked: false, received: 0 }), lost);
  for (const error of [new DrayError('BLOB_UNKNOWN', 'gone'), new RangeError('mine')]) {
    assert.throws(() => patient.bear(error, worked), error);
  }
  assert.deepEqual(told, []);
});
