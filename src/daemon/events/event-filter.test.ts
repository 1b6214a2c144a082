import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filters } from '#engine';
import { isWantedEvent } from './event-filter.ts';

const ID = `sha256:573321ced${'0'.repeat(55)}`;
const TAG = {
  type: 'image',
  action: 'tag',
  id: ID,
  attributes: { name: 'localhost:5999/one:2', a: 'b' },
  timeNano: 1n,
} as const;
const PULL = {
  type: 'image',
  action: 'pull',
  id: 'alpine:3.20',
  attributes: { name: 'alpine' },
  timeNano: 1n,
} as const;

// as dockerd answered them
const CASES: readonly (readonly [Filters, tag: boolean, pull: boolean])[] = [
  [{}, true, true],
  [{ type: ['image'] }, true, true],
  [{ type: ['Image'] }, false, false],
  [{ type: ['daemon', 'container'] }, false, false],
  [{ type: ['image', 'container'] }, true, true],
  [{ event: ['tag', 'untag'] }, true, false],
  [{ event: ['un'] }, false, false],
  [{ event: ['tag'], type: ['container'] }, false, false],
  [{ image: ['localhost:5999/one'] }, true, false],
  [{ image: ['localhost:5999/one:2'] }, true, false],
  [{ image: ['one'] }, false, false],
  [{ image: ['alpine'] }, false, true],
  [{ image: ['alpine:3.20'] }, false, true],
  [{ image: [ID] }, true, false],
  [{ image: ['573321ced000'] }, false, false],
  [{ label: ['a=b'] }, true, false],
  [{ label: ['a'] }, true, false],
  [{ label: ['a=c'] }, false, false],
  [{ label: ['a', 'b'] }, false, false],
  [{ label: ['toString'] }, false, false],
  [{ scope: ['local'] }, true, true],
  [{ scope: ['swarm'] }, false, false],
  [{ container: ['x'] }, false, false],
  [{ daemon: ['vm'] }, false, false],
  [{ nosuch: ['x'] }, true, true],
];

test('events are chosen as docker does', () => {
  for (const [filters, tag, pull] of CASES) {
    assert.equal(isWantedEvent(TAG, filters), tag, `tag by ${JSON.stringify(filters)}`);
    assert.equal(isWantedEvent(PULL, filters), pull, `pull by ${JSON.stringify(filters)}`);
  }
});
