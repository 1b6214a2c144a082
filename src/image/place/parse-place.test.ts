import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiarString } from '#oci';
import { parsePlace } from './parse-place.ts';

test('the transports of other tools are no names in a registry', () => {
  for (const text of [
    'dir:out',
    'dir:/tmp/out',
    'containers-storage:app:1',
    'ocidir://lay:1',
    'sif:x',
    'tarball:x.tar',
  ]) {
    assert.throws(() => parsePlace(text, { plain: 'registry' }), { code: 'INVALID_REFERENCE', hint: /oci:DIR/ }, text);
    assert.throws(() => parsePlace(text, { plain: 'registry', target: true }), { code: 'INVALID_REFERENCE' }, text);
  }
});

test('an image may have the name of a transport', () => {
  assert.deepEqual(parsePlace('dir:1', { plain: 'store' }), { kind: 'store', text: 'dir:1' });
  for (const [text, name] of [
    ['docker://dir:1', 'dir:1'],
    ['dir', 'dir:latest'],
    ['dir/app:1', 'dir/app:1'],
    ['docker:20', 'docker:20'],
  ] as const) {
    const place = parsePlace(text, { plain: 'registry' });
    assert.ok(place.kind === 'registry', text);
    assert.equal(familiarString(place.reference), name);
  }
});
