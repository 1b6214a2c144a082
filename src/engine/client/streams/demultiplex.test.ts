import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, type STREAMS } from '../../api/raw-stream.ts';
import { demultiplex } from './demultiplex.ts';

type Name = keyof typeof STREAMS;
type Said = readonly [stream: Name, text: string];

/** Cut where `cuts` say, again and again; each chunk is spoilt as soon as the next is asked for. */
async function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const chunk = new Uint8Array(bytes.subarray(at, at + (cuts[i % cuts.length] ?? 1)));
    at += chunk.length;
    yield chunk;
    chunk.fill(0xee);
  }
}

/** What is said, with neighbours of one stream made one. */
async function read(bytes: Uint8Array, cuts: readonly number[]): Promise<Said[]> {
  const said: [Name, string][] = [];
  for await (const { stream, bytes: piece } of demultiplex(chunksOf(bytes, cuts), 'the output of web')) {
    assert.ok(piece.length > 0);
    add(said, [stream, Buffer.from(piece).toString('latin1')]);
  }
  return said;
}

function add(said: [Name, string][], [stream, text]: Said): void {
  const last = said.at(-1);
  if (last?.[0] === stream) last[1] += text;
  else if (text !== '') said.push([stream, text]);
}

const stream = fc.constantFrom<Name>('stdin', 'stdout', 'stderr');
const frames = fc.array(fc.tuple(stream, fc.uint8Array({ maxLength: 60 })), { maxLength: 20 });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

const encode = (list: readonly (readonly [Name, Uint8Array])[]): Buffer =>
  Buffer.concat(list.map(([name, payload]) => encodeFrame(name, payload)));

test('whatever the chunks are, the frames are the same', async () => {
  await fc.assert(
    fc.asyncProperty(frames, cuts, async (list, sizes) => {
      const expected: [Name, string][] = [];
      for (const [name, payload] of list) add(expected, [name, Buffer.from(payload).toString('latin1')]);
      assert.deepEqual(await read(encode(list), sizes), expected);
    }),
  );
});

test('what ends within a frame, or its head, is a lost connection, after all that had come', async () => {
  await fc.assert(
    fc.asyncProperty(
      frames,
      stream,
      fc.uint8Array({ minLength: 1, maxLength: 30 }),
      cuts,
      fc.nat(),
      async (list, name, last, sizes, cut) => {
        const whole = encode(list);
        const frame = encodeFrame(name, last);
        const part = frame.subarray(0, 1 + (cut % (frame.length - 1)));
        const heard: [Name, string][] = [];
        const reading = (async () => {
          for await (const { stream: from, bytes } of demultiplex(
            chunksOf(Buffer.concat([whole, part]), sizes),
            'web',
          )) {
            add(heard, [from, Buffer.from(bytes).toString('latin1')]);
          }
        })();
        await assert.rejects(reading, { code: 'CONNECTION_LOST' });
        const expected: [Name, string][] = [];
        for (const [from, payload] of list) add(expected, [from, Buffer.from(payload).toString('latin1')]);
        add(expected, [name, Buffer.from(part.subarray(8)).toString('latin1')]);
        assert.deepEqual(heard, expected);
      },
    ),
  );
});

test('what is no frame is refused, however it is cut', async () => {
  const heads = [
    '0400000000000001',
    'ff00000000000001',
    '0101000000000001',
    '0100010000000001',
    '0100000100000001',
    '485454502f312e31',
  ];
  for (const head of heads) {
    for (const size of [1, 3, 8, 64]) {
      const bytes = Buffer.concat([
        encodeFrame('stdout', Buffer.from('before')),
        Buffer.from(head, 'hex'),
        Buffer.from('after'),
      ]);
      await assert.rejects(read(bytes, [size]), (error: Error) => {
        assert.equal((error as Error & { readonly code: string }).code, 'BAD_RESPONSE');
        assert.match(error.message, new RegExp(`the output of web: "${head}"`));
        return true;
      });
    }
  }
});

test('a frame of 4 GiB comes as it arrives, and nothing of it is gathered', async () => {
  const head = Buffer.from('01000000ffffffff', 'hex');
  const chunk = Buffer.alloc(1 << 20, 'x');
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
    yield head;
    for (;;) {
      sent += 1;
      yield chunk;
    }
  }
  let length = 0;
  for await (const { bytes } of demultiplex(endless(), 'web')) {
    assert.equal(bytes.buffer, chunk.buffer);
    length += bytes.length;
    assert.equal(length, sent * chunk.length);
    if (sent === 300) break;
  }
  assert.equal(length, 300 << 20);
});

test('what the engine itself has to say is the error, fit for a terminal and of bounded length', async () => {
  const fault = (text: string, announced = Buffer.byteLength(text)): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt8(3);
    head.writeUInt32BE(announced, 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const message = async (bytes: Buffer): Promise<string> => {
    let found = '';
    await assert.rejects(read(bytes, [5]), (error: Error & { readonly code: string }) => {
      assert.equal(error.code, 'SERVER_FAILED');
      found = error.message;
      return true;
    });
    return found;
  };
  const begin = 'the output of web: the engine cannot go on: ';
  assert.equal(await message(fault('Error grabbing logs: gone\n')), `${begin}Error grabbing logs: gone`);
  assert.equal(await message(fault('\u001b[31mred\n')), `${begin} [31mred`);
  assert.equal(await message(fault('')), `${begin}it says not why`);
  assert.ok((await message(fault('x'.repeat(100_000), 0xffffffff))).length < 600);
  await assert.rejects(read(fault('cut', 10), [5]), { code: 'CONNECTION_LOST' });
});
