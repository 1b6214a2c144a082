import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeRanges } from '#bytes';
import { Received } from './received.ts';

describe('received ranges', () => {
  it('are what was added, sorted and apart', () => {
    // A small generator, the same numbers every time.
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    for (let round = 0; round < 300; round += 1) {
      const received = new Received();
      const added: { start: number; end: number }[] = [];
      for (let n = 0; n < 12; n += 1) {
        const start = random(60);
        const end = start + random(12);
        const missing = received.missing(start, end);
        const before = mergeRanges(added);
        assert.ok(missing.every((gap) => before.every((range) => gap.end <= range.start || gap.start >= range.end)));
        added.push({ start, end });
        assert.deepEqual(mergeRanges([...before, ...missing]), mergeRanges(added));
        received.add(start, end);
        assert.deepEqual(received.ranges, mergeRanges(added));
        const [first] = received.ranges;
        assert.equal(received.frontier, first?.start === 0 ? first.end : 0);
        assert.equal(
          received.continuesAt(end),
          received.ranges.some((range) => range.end === end),
        );
      }
    }
  });

  it('can be forgotten', () => {
    const received = new Received();
    received.add(0, 10);
    const view = received.ranges;
    received.clear();
    assert.deepEqual(view, []);
    assert.equal(received.frontier, 0);
  });
});
