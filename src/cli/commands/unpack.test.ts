import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dray } from '#dray';
import { DrayError } from '#errors';
import type { ExportResult, UnpackResult } from '#image';
import { fakeContext } from '../fake-context.test.fixture.ts';
import { run } from '../run.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const PLATFORM = { os: 'linux', architecture: 'amd64' };
const UNPACKED: UnpackResult = {
  image: 'alpine:3.20',
  id: DIGEST,
  platform: PLATFORM,
  manifest: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: DIGEST, size: 1 },
  path: 'rootfs',
  lost: { files: 0, examples: [], devices: 0, xattrs: 0, record: undefined },
};
const EXPORTED: ExportResult = { image: 'alpine', id: DIGEST, platform: PLATFORM, size: 4 };

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly unknown[];
}

async function ran(words: readonly string[], dray: Partial<Dray> = {}, isTTY = false): Promise<Ran> {
  const asked: unknown[] = [];
  const context = fakeContext({
    terminal: { stdout: isTTY },
    dray: {
      unpack: async (image, folder, { platform, maxSize, onEvent } = {}) => {
        asked.push(image, folder, platform, maxSize);
        onEvent?.({ kind: 'warning', text: 'something is \u001b[31mlost' });
        return UNPACKED;
      },
      export: async (image, { output, platform }) => {
        asked.push(image, platform, 'path' in output ? output.path : 'a stream');
        if ('stream' in output) output.stream.write('tar!');
        return EXPORTED;
      },
      ...dray,
    },
  });
  const status = await run(words, context);
  return { status, out: context.out(), err: context.err(), asked };
}

describe('dray unpack', () => {
  it('hands over what is wanted and says nothing but what was lost', async () => {
    const words = ['unpack', '--platform', 'linux/arm64', '--max-size', '1.5g', 'alpine:3.20', 'rootfs'];
    const { status, out, err, asked } = await ran(words);
    assert.deepEqual([status, out, err], [0, '', 'WARNING: something is  [31mlost\n']);
    assert.deepEqual(asked, ['alpine:3.20', 'rootfs', 'linux/arm64', 1.5 * 2 ** 30]);
  });
  it('prints one document with --json', async () => {
    const { out } = await ran(['unpack', '--json', 'alpine', 'rootfs']);
    assert.deepEqual(JSON.parse(out), JSON.parse(JSON.stringify(UNPACKED)));
  });
  it('wants an image, a folder and sizes', async () => {
    for (const words of [
      ['unpack'],
      ['unpack', 'alpine'],
      ['unpack', 'a', 'b', 'c'],
      ['unpack', '--max-size', '1x', 'a', 'b'],
    ]) {
      const { status, err, asked } = await ran(words);
      assert.deepEqual([status, asked], [2, []]);
      assert.match(err, /^dray: /);
    }
  });
  it('ends with the status of its failure', async () => {
    const unpack = async (): Promise<never> => {
      throw new DrayError('CORRUPT_LAYER', 'the layer leads out', { hint: 'do not' });
    };
    const { status, err } = await ran(['unpack', 'a', 'b'], { unpack });
    assert.deepEqual([status, err], [6, 'dray: the layer leads out\nhint: do not\n']);
  });
});

describe('dray export', () => {
  it('goes to stdout, or to a file', async () => {
    assert.deepEqual(await ran(['export', 'alpine']), {
      status: 0,
      out: 'tar!',
      err: '',
      asked: ['alpine', undefined, 'a stream'],
    });
    assert.deepEqual((await ran(['export', '-o', '-', 'alpine'])).asked, ['alpine', undefined, 'a stream']);
    const { out, asked } = await ran(['export', '--json', '-o', 'x.tar', 'alpine']);
    assert.deepEqual([JSON.parse(out), asked], [EXPORTED, ['alpine', undefined, 'x.tar']]);
  });
  it('refuses the terminal, and two things on stdout', async () => {
    const terminal = await ran(['export', 'alpine'], {}, true);
    assert.deepEqual([terminal.status, terminal.asked], [2, []]);
    assert.match(terminal.err, /refusing to write a tar to the terminal/);
    assert.equal((await ran(['export', '--json', 'alpine'])).status, 2);
  });
});
