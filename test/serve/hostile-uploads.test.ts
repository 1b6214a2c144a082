import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { besieged, checkRefused } from './besieged.ts';
import { type Answer, digestOf, locationOf, withQuery } from './client.ts';

const name = 'uploads/here';
const client = besieged();
const MIB = 1 << 20;

/** A PATCH that has sent a part of its body and holds its connection until it is told to go on. */
async function slowPatch(
  location: string,
  length: number,
  first: Uint8Array,
): Promise<(rest: Uint8Array | undefined) => Promise<string>> {
  const { pathname, search } = new URL(location, client.registry.origin);
  const socket = connect(client.registry.port, '127.0.0.1');
  let text = '';
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => socket.destroy()).on('close', () => resolve());
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
  });
  socket.write(
    `PATCH ${pathname}${search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`,
  );
  await new Promise<void>((resolve) => {
    socket.write(first, () => resolve());
  });
  await taken(location, first.length);
  return async (rest) => {
    if (rest === undefined) socket.destroy();
    else socket.write(rest);
    await closed;
    return text;
  };
}

/** Waits a little for the server to have these bytes; it need not tell before the request is over. */
async function taken(location: string, size: number): Promise<void> {
  for (let left = 10; left > 0; left -= 1) {
    if ((await client.get(location)).headers.range === `0-${size - 1}`) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

async function sizeOf(location: string): Promise<number> {
  const { status, headers } = await client.get(location);
  assert.equal(status, 204);
  return headers.range === undefined || headers.range === '0-0' ? 0 : Number(headers.range.slice(2)) + 1;
}

describe('two who write to one upload', () => {
  it('never mixes what they send', async () => {
    for (let round = 0; round < 10; round += 1) {
      const location = await client.upload(name);
      const pieces = [Buffer.alloc(2 * MIB, 'a'), Buffer.alloc(2 * MIB, 'b')];
      const headers = { 'content-range': `0-${2 * MIB - 1}` };
      const answers = await Promise.all(
        pieces.map((body) => client.ask('PATCH', location, { body, headers }).catch(() => undefined)),
      );
      const accepted = answers.flatMap((answer, index) => (answer?.status === 202 ? [index] : []));
      assert.equal(accepted.length, 1, `${accepted.length} were accepted`);
      const winner = pieces[accepted[0] ?? 0] ?? Buffer.alloc(0);
      const put = await client.ask('PUT', withQuery(location, { digest: digestOf(winner) }));
      assert.equal(put.status, 201, put.text);
    }
  });

  it('keeps no mix of streams either', async () => {
    const location = await client.upload(name);
    const pieces = ['a', 'b', 'c', 'd'].map((fill) => Buffer.alloc(100_000, fill));
    const answers = await Promise.all(
      pieces.map((body) => client.ask('PATCH', location, { body }).catch(() => undefined)),
    );
    const accepted = answers.flatMap((answer, index) =>
      answer?.status === 202 ? [{ end: Number(String(answer.headers.range).slice(2)) + 1, piece: pieces[index] }] : [],
    );
    assert.ok(accepted.length > 0);
    const inOrder = accepted.toSorted((one, other) => one.end - other.end);
    assert.deepEqual(
      inOrder.map(({ end }) => end),
      inOrder.map((_, index) => (index + 1) * 100_000),
    );
    const whole = Buffer.concat(inOrder.map(({ piece }) => piece ?? Buffer.alloc(0)));
    const put = await client.ask('PUT', withQuery(location, { digest: digestOf(whole) }));
    assert.equal(put.status, 201, 'the content is a mix');
  });

  it('lets one write at a time, and go on when the other has gone', async () => {
    const location = await client.upload(name);
    const go = await slowPatch(location, 1_000, randomBytes(500));
    const second = await client.ask('PATCH', location, { body: 'x' });
    if (second.status !== 202) checkRefused(second.status, 'the second writer');
    await go(undefined);
    await settled(location);
    let next = await client.ask('PATCH', location, { body: 'y' });
    // Until the server has seen that the first one is gone.
    for (const end = Date.now() + 30_000; next.status === 409 && Date.now() < end; ) {
      next = await client.ask('PATCH', location, { body: 'y' });
    }
    assert.equal(next.status, 202, next.text);
  });

  it('commits nothing while a chunk is on its way, or all of it', async () => {
    const location = await client.upload(name);
    const bytes = randomBytes(2_000);
    const go = await slowPatch(location, bytes.length, bytes.subarray(0, 1_000));
    const digests = [digestOf(bytes), digestOf(bytes.subarray(0, 1_000))];
    for (const digest of digests) {
      const put = await client.ask('PUT', withQuery(location, { digest }));
      if (put.status !== 201) checkRefused(put.status, 'the commit');
    }
    await go(bytes.subarray(1_000));
    for (const [index, digest] of digests.entries()) {
      const got = await client.get(`/v2/${name}/blobs/${digest}`);
      if (got.status === 200) assert.deepEqual(got.body, index === 0 ? bytes : bytes.subarray(0, 1_000));
      else assert.equal(got.status, 404);
    }
  });

  it('cancels an upload while a chunk is on its way', async () => {
    const location = await client.upload(name);
    const go = await slowPatch(location, 2_000, randomBytes(1_000));
    const cancel = await client.ask('DELETE', location);
    assert.ok(cancel.status === 204 || (cancel.status >= 400 && cancel.status < 500), `${cancel.status}`);
    const text = await go(randomBytes(1_000));
    if (cancel.status === 204) {
      assert.doesNotMatch(text, /^HTTP\/1\.1 500/);
      assert.equal((await client.get(location)).status, 404);
    }
  });

  it('commits once when two commit at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const bytes = randomBytes(5_000);
      const digest = digestOf(bytes);
      const patched = await client.ask('PATCH', await client.upload(name), { body: bytes });
      const location = withQuery(locationOf(patched), { digest });
      const answers = await Promise.all([1, 2, 3].map(() => client.ask('PUT', location)));
      const right = answers.filter(({ status }) => status === 201);
      assert.ok(right.length >= 1, answers.map(({ status }) => status).join());
      for (const { status } of answers) if (status !== 201) checkRefused(status, 'another commit');
      assert.deepEqual((await client.get(`/v2/${name}/blobs/${digest}`)).body, bytes);
    }
  });
});

async function settled(location: string): Promise<number> {
  for (let last = -1; ; ) {
    const size = await sizeOf(location);
    if (size === last) return size;
    last = size;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

describe('chunks at wrong places', () => {
  for (const range of [
    '1-5',
    '5-9',
    '100-104',
    '9007199254740991-9007199254740995',
    '9007199254740993-9007199254740997',
    '18446744073709551615-18446744073709551619',
    '4294967296-4294967300',
    '-5-0',
    '0-18446744073709551615',
    '0-9007199254740993',
  ])
    it(`takes none at ${range}`, async () => {
      const location = await client.upload(name);
      const answer = await client.ask('PATCH', location, { body: 'hello', headers: { 'content-range': range } });
      assert.ok([400, 416].includes(answer.status), `${answer.status}`);
      assert.equal(await sizeOf(location), 0);
      const right = await client.ask('PATCH', location, { body: 'hello', headers: { 'content-range': '0-4' } });
      assert.equal(right.status, 202);
      const put = await client.ask('PUT', withQuery(locationOf(right), { digest: digestOf('hello') }));
      assert.equal(put.status, 201);
    });

  it('takes a repeated chunk once', async () => {
    const location = await client.upload(name);
    const chunk = { body: 'hello', headers: { 'content-range': '0-4' } };
    const answers: Answer[] = [];
    for (let left = 3; left > 0; left -= 1) answers.push(await client.ask('PATCH', location, chunk));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 416, 416],
    );
    assert.equal(await sizeOf(location), 5);
  });

  it('has no chunk of bytes that did not come', async () => {
    const location = await client.upload(name);
    const { pathname, search } = new URL(location, client.registry.origin);
    const socket = connect(client.registry.port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    await new Promise<void>((resolve) => {
      const head = `PATCH ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Range: 0-9\r\n\r\nhello`;
      socket.write(head, () => setTimeout(resolve, 100));
    });
    socket.destroy();
    const size = await settled(location);
    assert.ok(size === 0 || size === 5, `${size}`);
  });
});

describe('uploads that are left', () => {
  const count = 300;

  it('takes away all that was sent when they are cancelled', async () => {
    const before = entries();
    const locations = await Promise.all(
      Array.from({ length: count }, async () => {
        const location = await client.upload(name);
        return locationOf(await client.ask('PATCH', location, { body: randomBytes(1_000) }));
      }),
    );
    const answers = await Promise.all(locations.map((location) => client.ask('DELETE', location)));
    assert.ok(answers.every(({ status }) => status === 204));
    await checkLeft(before);
  });

  it('leaves nothing behind of content that is another one', async () => {
    const before = entries();
    const digest = digestOf('nothing of this');
    for (let left = 50; left > 0; left -= 1) {
      const post = await client.ask('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, {
        body: randomBytes(1_000),
      });
      assert.equal(post.status, 400);
    }
    await checkLeft(before);
  });

  it('leaves nothing behind of a push that breaks off', async () => {
    const before = entries();
    const head = `POST /v2/${name}/blobs/uploads/?digest=${digestOf('x')} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n`;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = connect(client.registry.port, '127.0.0.1');
        socket.on('error', () => socket.destroy());
        await new Promise((resolve) => {
          socket.write(head + 'x'.repeat(50_000), resolve);
        });
        socket.destroy();
      }),
    );
    await checkLeft(before);
  });

  /** How many files and folders the data folder has. */
  function entries(): number {
    for (let left = 100; ; left -= 1) {
      try {
        return readdirSync(client.registry.data, { recursive: true }).length;
      } catch (error) {
        // It changes while it is read.
        if (left === 0) throw error;
      }
    }
  }

  /** Waits until there are hardly more than before. */
  async function checkLeft(before: number): Promise<void> {
    for (const end = Date.now() + 30_000; entries() > before + 10; ) {
      assert.ok(Date.now() < end, `${entries() - before} files are left`);
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }
});
