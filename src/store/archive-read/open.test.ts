import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { digestParts } from '#oci';
import { type Content, helloImage, holds, rejects, sourceSuite, tarOf } from '#testing';
import { keyOf, keyOfLink } from './key.ts';
import { openArchive } from './open.ts';
import { openRegions } from './regions.ts';

const folder = mkdtempSync(join(tmpdir(), 'dray-read-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const options = { folder: async (): Promise<string> => folder };

/** A layout with these blobs, and an image that is not looked at. */
function layoutOf(contents: readonly Content[]): Uint8Array {
  const { root } = helloImage('amd64');
  return tarOf([
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    // sha512 has names that are longer than a header takes.
    ...contents.flatMap(({ descriptor, bytes }) => {
      const { algorithm, hex } = digestParts(descriptor.digest);
      const name = `blobs/${algorithm}/${hex}`;
      if (name.length <= 100) return [{ name, content: bytes }];
      return [
        { name: '././@LongLink', type: 'L', content: `${name}\0` },
        { name: 'long', content: bytes },
      ];
    }),
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests: [root] }) },
  ]);
}

sourceSuite(
  'an archive in a file',
  async (contents) => {
    const path = join(folder, 'suite.tar');
    writeFileSync(path, layoutOf(contents));
    const archive = await openArchive({ path }, options);
    return { source: archive, close: () => archive.close() };
  },
  { offsets: true },
);

sourceSuite(
  'an archive that was gzipped',
  async (contents) => {
    const archive = await openArchive({ stream: bytesOf(gzipSync(layoutOf(contents))) }, options);
    return { source: archive, close: () => archive.close() };
  },
  { offsets: true },
);

sourceSuite(
  'an archive as another thread reads it',
  async (contents) => {
    const archive = await openArchive({ stream: bytesOf(layoutOf(contents)) }, options);
    const recipe = structuredClone(await archive.recipe?.()) as Parameters<typeof openRegions>[0];
    return { source: openRegions(recipe), close: () => archive.close() };
  },
  { offsets: true },
);

describe('openArchive', () => {
  it('leaves no file behind, whatever comes', async () => {
    const archive = await openArchive({ stream: bytesOf(gzipSync(layoutOf([]))) }, options);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('archive-')),
      [],
    );
    await archive.close();
    await archive.close();
    await rejects(openArchive({ stream: bytesOf(Buffer.from('no tar')) }, options), 'CORRUPT_LAYER');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('archive-')),
      [],
    );
  });

  it('is told from what is none, or has no end, by its beginning', async () => {
    let taken = 0;
    async function* endless(first: Uint8Array, then: string): AsyncGenerator<Uint8Array> {
      yield first;
      for (;;) {
        taken += 65_536;
        yield Buffer.alloc(65_536, then);
      }
    }
    await rejects(openArchive({ stream: endless(Buffer.from(''), 'y\n') }, options), 'CORRUPT_LAYER');
    assert.ok(taken <= 1024 * 1024, `${taken} bytes of what is no tar`);
    await assert.rejects(openArchive({ stream: bytesOf(Buffer.of()), name: 'stdin' }, options), {
      message: 'cannot read stdin: it is empty',
    });
    const cut = gzipSync(layoutOf([])).subarray(0, 100);
    await assert.rejects(openArchive({ stream: bytesOf(cut), name: 'stdin' }, options), {
      message: 'cannot read stdin: its gzip data is broken near byte 100',
    });
    taken = 0;
    const archive = await openArchive({ stream: endless(layoutOf([]), '\0') }, options);
    await archive.close();
    assert.ok(taken > 0 && taken <= 2 * 1024 * 1024, `${taken} bytes behind the end`);
  });

  it('does not read what nobody asks for', async () => {
    // Of a tar whose content is a hole of a gigabyte only the headers are read.
    const { openSync, writeSync, closeSync, ftruncateSync } = await import('node:fs');
    const path = join(folder, 'hole.tar');
    const head = Buffer.from(tarOf([{ name: 'blob', content: '' }]).subarray(0, 512));
    head.write('10000000000', 124);
    head.fill(' ', 148, 156);
    head.write(
      `${head
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const fd = openSync(path, 'w');
    writeSync(fd, head, 0, 512, 0);
    ftruncateSync(fd, 512 + 0o10000000000);
    const rest = layoutOf([]);
    writeSync(fd, rest, 0, rest.length, 512 + 0o10000000000);
    closeSync(fd);
    const archive = await openArchive({ path }, options);
    assert.equal(archive.images.length, 1);
    await archive.close();
    rmSync(path);
  });

  it('reads what came compressed by zstd', async () => {
    const { buildLayer } = await import('#testing');
    const content = { descriptor: helloImage('amd64').root, bytes: new Uint8Array() };
    const layer = buildLayer({
      files: [
        { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests: [content.descriptor] }) },
        {
          name: `blobs/sha256/${digestParts(content.descriptor.digest).hex}`,
          content: helloImage('amd64').blobs.get(content.descriptor.digest) ?? '',
        },
      ],
      compression: 'zstd',
    });
    const archive = await openArchive({ stream: bytesOf(layer.bytes) }, options);
    const bytes = helloImage('amd64').blobs.get(content.descriptor.digest) ?? new Uint8Array();
    await holds(archive, { descriptor: content.descriptor, bytes });
    await archive.close();
  });
});

describe('names in an archive', () => {
  it('are keys', () => {
    const cases = {
      'a/b': 'a/b',
      './a//b/': 'a/b',
      '/a': 'a',
      '../a': undefined,
      'a/../b': undefined,
      '': '',
      '.': '',
    };
    for (const [name, key] of Object.entries(cases)) assert.equal(keyOf(name), key, name);
  });

  it('of links stay in it', () => {
    assert.equal(keyOfLink('a/layer.tar', '../b/layer.tar'), 'b/layer.tar');
    assert.equal(keyOfLink('a/layer.tar', './../b.tar'), 'b.tar');
    assert.equal(keyOfLink('a/layer.tar', '../../b.tar'), undefined);
    assert.equal(keyOfLink('a/layer.tar', '/etc/passwd'), undefined);
  });
});
