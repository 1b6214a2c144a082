import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { type Answer, checkError, digestOf, locationOf, withQuery } from './client.ts';
import { served } from './served.ts';

const client = served();
const SIZE = 1_000;

async function patch(location: string, bytes: Uint8Array, start: number): Promise<Answer> {
  const range = `${start}-${start + bytes.length - 1}`;
  return client.ask('PATCH', location, {
    body: bytes,
    headers: { 'content-range': range, 'content-type': 'application/octet-stream' },
  });
}

/** The answer is 416 and says where to go on: after `kept` bytes. */
function checkRefused(answer: Answer, kept: number): void {
  assert.equal(answer.status, 416, answer.text);
  assert.ok(locationOf(answer).includes('/blobs/uploads/'));
  if (kept > 0) assert.equal(answer.headers.range, `0-${kept - 1}`);
  else assert.match(answer.headers.range ?? '0-0', /^0-0$/);
}

for (const algorithm of ['sha256', 'sha512'] as const)
  describe(`chunks of a blob by ${algorithm}`, () => {
    const bytes = randomBytes(3 * SIZE);
    const digest = digestOf(bytes, algorithm);
    const chunks = [0, 1, 2].map((index) => bytes.subarray(index * SIZE, (index + 1) * SIZE));
    const [first = bytes, second = bytes, third = bytes] = chunks;

    async function checkThere(name: string, put: Answer): Promise<void> {
      assert.equal(put.status, 201, put.text);
      assert.equal(put.headers['docker-content-digest'], digest);
      assert.deepEqual((await client.get(`/v2/${name}/blobs/${digest}`)).body, bytes);
    }

    it('takes chunks in order, the last with the PUT that has nothing', async () => {
      const name = client.name();
      let location = await client.upload(name);
      for (const [index, chunk] of chunks.entries()) {
        const answer = await patch(location, chunk, index * SIZE);
        assert.equal(answer.status, 202, answer.text);
        assert.equal(answer.headers.range, `0-${(index + 1) * SIZE - 1}`);
        assert.equal(answer.headers['content-length'], '0');
        location = locationOf(answer);
      }
      await checkThere(name, await client.ask('PUT', withQuery(location, { digest })));
    });

    for (const withRange of [true, false])
      it(`takes the last chunk with the PUT, ${withRange ? 'with' : 'without'} its range`, async () => {
        const name = client.name();
        const one = await patch(await client.upload(name), first, 0);
        const two = await patch(locationOf(one), second, SIZE);
        const headers = withRange ? { 'content-range': `${2 * SIZE}-${3 * SIZE - 1}` } : {};
        const put = await client.ask('PUT', withQuery(locationOf(two), { digest }), { body: third, headers });
        await checkThere(name, put);
      });

    it('refuses chunks out of order and goes on with the right one', async () => {
      const name = client.name();
      const location = await client.upload(name);
      checkRefused(await patch(location, second, SIZE), 0);
      const one = await patch(location, first, 0);
      assert.equal(one.status, 202);
      checkRefused(await patch(locationOf(one), third, 2 * SIZE), SIZE);
      checkRefused(await patch(locationOf(one), first, 0), SIZE);
      checkRefused(await patch(locationOf(one), second, SIZE - 1), SIZE);
      checkRefused(await patch(locationOf(one), second, SIZE + 1), SIZE);
      const status = await client.get(locationOf(one));
      assert.equal(status.status, 204);
      assert.equal(status.headers.range, `0-${SIZE - 1}`);
      const two = await patch(locationOf(status), second, SIZE);
      assert.equal(two.status, 202);
      await checkThere(name, await client.ask('PUT', withQuery(locationOf(two), { digest }), { body: third }));
    });

    it('refuses a PUT whose chunk is out of order, and keeps what it had', async () => {
      const name = client.name();
      const one = await patch(await client.upload(name), first, 0);
      const headers = { 'content-range': `${2 * SIZE}-${3 * SIZE - 1}` };
      const put = await client.ask('PUT', withQuery(locationOf(one), { digest }), { body: third, headers });
      assert.equal(put.status, 416, put.text);
      const rest = Buffer.concat([second, third]);
      await checkThere(name, await client.ask('PUT', withQuery(locationOf(one), { digest }), { body: rest }));
    });

    it('goes on after a request that broke off', async () => {
      const name = client.name();
      const location = await client.upload(name);
      const at = new URL(location, client.registry.origin);
      await new Promise<void>((resolve) => {
        const broken = request(at, { method: 'PATCH', headers: { 'content-length': bytes.length } });
        broken.on('error', () => resolve()).on('close', () => resolve());
        broken.write(first, () => setTimeout(() => broken.destroy(), 50));
      });
      const size = await settled(location);
      assert.ok(size === 0 || size === SIZE, `${size}`);
      let rest = await patch(location, bytes.subarray(size), size);
      // Until the server has seen that the other one is gone, what came of that may come in.
      for (let left = 200; [409, 416].includes(rest.status) && left > 0; left -= 1) {
        const now = await settled(location);
        rest = await patch(location, bytes.subarray(now), now);
      }
      assert.equal(rest.status, 202, rest.text);
      await checkThere(name, await client.ask('PUT', withQuery(locationOf(rest), { digest })));
    });
  });

/** How many bytes an upload has, when it has two times the same. */
async function settled(location: string): Promise<number> {
  for (let last = -1; ; ) {
    const { status, headers } = await client.get(location);
    assert.equal(status, 204);
    const size = headers.range === undefined || headers.range === '0-0' ? 0 : Number(headers.range.slice(2)) + 1;
    if (size === last) return size;
    last = size;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

describe('ranges of chunks that are none', () => {
  for (const range of [
    'bytes 0-4/5',
    'bytes=0-4',
    '0-',
    '-4',
    '4',
    'a-b',
    '0x0-0x4',
    '0-4, 5-9',
    '4-0',
    '-1-3',
    '0-4-5',
    '0 - 4',
    '99999999999999999999-99999999999999999999',
    '9007199254740992-9007199254740996',
    '٠-٤',
    'NaN-NaN',
    '1e0-4',
  ])
    it(`refuses "${range}", or takes it for what it says`, async () => {
      const name = client.name();
      const location = await client.upload(name);
      const value = Buffer.from(range).toString('latin1');
      const answer = await client.ask('PATCH', location, { body: 'hello', headers: { 'content-range': value } });
      if (answer.status === 202) {
        assert.ok(['bytes 0-4/5', 'bytes=0-4'].includes(range), 'it was taken');
        return;
      }
      assert.ok([400, 416].includes(answer.status), `${answer.status} ${answer.text}`);
      checkError(answer, answer.status);
      const status = await client.get(location);
      assert.equal(status.status, 204);
      assert.match(status.headers.range ?? '0-0', /^0-0$/);
    });

  for (const [what, range] of [
    ['longer', '0-9'],
    ['shorter', '0-2'],
  ])
    it(`refuses a chunk that is ${what} than its range`, async () => {
      const location = await client.upload(client.name());
      const headers = { 'content-range': String(range) };
      const answer = await client.ask('PATCH', location, { body: 'hello', headers });
      assert.ok([400, 416].includes(answer.status), `${answer.status}`);
    });
});
