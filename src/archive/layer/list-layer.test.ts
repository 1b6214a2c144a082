import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bytesOf } from '#bytes';
import { type LayerFile, tarOf } from '#testing';
import { type LayerItem, listLayer } from './list-layer.ts';

function list(files: readonly LayerFile[], most?: number): Promise<readonly LayerItem[]> {
  return listLayer(bytesOf(tarOf(files)), { layer: 3, what: 'the layer', most });
}

/** A pax header with one record, for the entry behind it. */
function pax(key: string, value: string): LayerFile {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return { name: 'PaxHeaders', type: 'x', content: `${length}${rest}` };
}

test('entries come in the layer’s order, as they are written, with where their content is', async () => {
  const items = await list([
    { name: './a/' },
    { name: '../b', content: '12' },
    { name: 'c', link: '/x' },
    { name: 'a/' },
  ]);
  assert.deepEqual(
    items.map(({ name, type, size, linkName, offset, layer }) => [name, type, size, linkName, offset, layer]),
    [
      ['./a/', 'directory', 0, '', 512, 3],
      ['../b', 'file', 2, '', 1024, 3],
      ['c', 'symlink', 0, '/x', 2048, 3],
      ['a/', 'directory', 0, '', 2560, 3],
    ],
  );
});

describe('what would take too much memory is refused', () => {
  test('too many entries', async () => {
    const files = Array.from({ length: 20 }, (_, at) => ({ name: `f${at}` }));
    assert.equal((await list(files, 20)).length, 20);
    await assert.rejects(list(files, 19), { code: 'TOO_LARGE' });
  });

  test('names that are no path', async () => {
    const long = 'n'.repeat(5000);
    await assert.rejects(list([pax('path', long), { name: 'a' }]), { code: 'CORRUPT_LAYER' });
    await assert.rejects(list([pax('linkpath', long), { name: 'a', link: 'b' }]), { code: 'CORRUPT_LAYER' });
  });

  test('a huge pax header', async () => {
    await assert.rejects(list([pax('comment', 'x'.repeat(2_000_000)), { name: 'a' }]), { code: 'CORRUPT_LAYER' });
  });
});

test('it can be stopped', async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(listLayer(bytesOf(tarOf([{ name: 'a' }])), { layer: 0, what: 'x', signal }), {
    code: 'CANCELLED',
  });
});
