import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { startFlight } from './flight.ts';

/** Work that ends when the test says so. */
function held<T>(): { work: (signal: AbortSignal) => Promise<T>; end: (value: T) => void; signal: () => AbortSignal } {
  let end: (value: T) => void = () => {};
  let seen: AbortSignal | undefined;
  const work = (signal: AbortSignal): Promise<T> => {
    seen = signal;
    return new Promise((resolve, reject) => {
      end = resolve;
      signal.addEventListener('abort', () => reject(new Error('given up')));
    });
  };
  return { work, end: (value) => end(value), signal: () => seen as AbortSignal };
}

test('a flight gives everyone the same result, late comers too', async () => {
  const { work, end } = held<number>();
  const flight = startFlight(work);
  const both = Promise.all([flight.join(), flight.join(new AbortController().signal)]);
  end(7);
  assert.deepEqual(await both, [7, 7]);
  assert.equal(await flight.join(), 7);
  assert.equal(flight.abandoned, false);
});

test('one who goes does not end the flight for the others', async () => {
  const { work, end } = held<number>();
  const flight = startFlight(work);
  const leaving = new AbortController();
  const gone = flight.join(leaving.signal);
  const stays = flight.join();
  leaving.abort();
  await assert.rejects(gone, (error) => hasCode(error, 'CANCELLED'));
  end(1);
  assert.equal(await stays, 1);
});

test('the flight is given up when the last one goes', async () => {
  const { work, signal } = held<number>();
  const flight = startFlight(work);
  const leaving = new AbortController();
  const gone = Promise.all([flight.join(leaving.signal), flight.join(leaving.signal)]);
  leaving.abort();
  await assert.rejects(gone, (error) => hasCode(error, 'CANCELLED'));
  await new Promise(setImmediate);
  assert.equal(flight.abandoned, true);
  assert.equal(signal().aborted, true);
});

test('one who comes with an aborted signal does not count', async () => {
  const { work, end } = held<number>();
  const flight = startFlight(work);
  await assert.rejects(flight.join(AbortSignal.abort()), (error) => hasCode(error, 'CANCELLED'));
  assert.equal(flight.abandoned, false);
  end(1);
});
