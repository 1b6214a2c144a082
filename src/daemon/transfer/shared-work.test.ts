import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProgressMessage } from '#engine';
import { SharedWork, type Work } from './shared-work.ts';

interface Started {
  readonly write: (message: ProgressMessage) => void;
  readonly signal: AbortSignal;
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

/** Work that does what the test says. */
function workbench(): { readonly work: Work; readonly started: Started[] } {
  const started: Started[] = [];
  const work: Work = (how) => new Promise((finish, fail) => started.push({ ...how, finish, fail }));
  return { work, started };
}

function listener(): {
  texts: string[];
  leave: () => void;
  left: AbortSignal;
  write: (message: ProgressMessage) => void;
} {
  const texts: string[] = [];
  const stop = new AbortController();
  const write = ({ id, status }: ProgressMessage): void => void texts.push([id, status].filter(Boolean).join(' '));
  return { texts, write, left: stop.signal, leave: () => stop.abort() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const layer = (id: string, status: string): ProgressMessage => ({ id, status, progressDetail: {} });

describe('work that several want', () => {
  test('is done once; who comes later hears every line, and of each layer the last', async () => {
    const shared = new SharedWork();
    const { work, started } = workbench();
    const [first, second] = [listener(), listener()];
    const one = shared.join('a', first, work);
    await turn();
    const running = started[0] ?? assert.fail();
    running.write({ status: 'Pulling' });
    running.write(layer('x', 'Downloading'));
    running.write(layer('y', 'Downloading'));
    running.write(layer('x', 'Download complete'));
    const other = shared.join('a', second, work);
    await turn();
    assert.deepEqual(second.texts, ['Pulling', 'x Download complete', 'y Downloading']);
    running.write(layer('y', 'Pull complete'));
    running.finish();
    await Promise.all([one, other]);
    assert.equal(started.length, 1);
    assert.equal(first.texts.at(-1), 'y Pull complete');
    assert.equal(second.texts.at(-1), 'y Pull complete');
  });

  test('by another name it is other work, and when it is over it is begun anew', async () => {
    const shared = new SharedWork();
    const { work, started } = workbench();
    const joined = ['a', 'b'].map((key) => shared.join(key, listener(), work));
    await turn();
    assert.equal(started.length, 2);
    for (const { finish } of started) finish();
    await Promise.all(joined);
    const again = shared.join('a', listener(), work);
    await turn();
    assert.equal(started.length, 3);
    started[2]?.finish();
    await again;
  });

  test('its failure is told to all', async () => {
    const shared = new SharedWork();
    const { work, started } = workbench();
    const joined = [1, 2].map(() => assert.rejects(shared.join('a', listener(), work), /^Error: no$/));
    await turn();
    started[0]?.fail(new Error('no'));
    await Promise.all(joined);
  });

  test('it is given up when the last has left, not before; who comes then waits for its end', async () => {
    const shared = new SharedWork();
    const { work, started } = workbench();
    const [first, second, third] = [listener(), listener(), listener()];
    const joined = [first, second].map((one) => assert.rejects(shared.join('a', one, work)));
    await turn();
    const running = started[0] ?? assert.fail();
    first.leave();
    running.write({ status: 'still' });
    assert.deepEqual([running.signal.aborted, first.texts, second.texts], [false, [], ['still']]);
    second.leave();
    assert.equal(running.signal.aborted, true);
    const late = shared.join('a', third, work);
    await turn();
    assert.equal(started.length, 1);
    running.fail(new Error('given up'));
    await Promise.all(joined);
    await turn();
    assert.equal(started.length, 2);
    assert.deepEqual(third.texts, []);
    started[1]?.finish();
    await late;
  });

  test('who has left before it begins begins nothing', async () => {
    const { work, started } = workbench();
    const gone = listener();
    gone.leave();
    await new SharedWork().join('a', gone, work);
    assert.equal(started.length, 0);
  });
});
