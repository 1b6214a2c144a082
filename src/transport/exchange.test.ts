import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { readAll } from '#bytes';
import type { DrayError } from '#errors';
import { closed, ok } from './fixtures/raw-server.test.fixture.ts';
import { failsWith, scene } from './fixtures/scene.test.fixture.ts';
import type { HttpResponse } from './types.ts';

test('an answer comes with status, headers, url, address and body', async (t) => {
  const { get, server } = await scene(t, ok('hello', 'X-A: b\r\n', '201 Made'));
  const response = await get('/a?b#c');
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('x-a'), 'b');
  assert.equal(response.url.href, `${server.origin}/a?b#c`);
  assert.equal(response.remoteAddress, '127.0.0.1');
  assert.equal(response.body.length, 5);
  assert.equal(Buffer.from(await readAll(response.body, 10, 'b')).toString(), 'hello');
  assert.match(server.requests[0]?.head ?? '', /^GET \/a\?b HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nUser-Agent: dray$/);
});

test('bodies of every framing arrive whole, in any pieces', async (t) => {
  const body = 'hello world'.repeat(50);
  const chunked = `${body.replace(/.{50}/g, (part) => `32\r\n${part}\r\n`)}0\r\nX-T: 1\r\n\r\n`;
  const answers: Record<string, { text: string; closes?: boolean }> = {
    '/length': { text: `HTTP/1.1 200 OK\r\nContent-Length: 550\r\n\r\n${body}` },
    '/chunked': { text: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}` },
    '/close': { text: `HTTP/1.1 200 OK\r\n\r\n${body}`, closes: true },
    '/old': { text: `HTTP/1.0 200 OK\r\n\r\n${body}`, closes: true },
  };
  const { text } = await scene(t, (socket, { head }) => {
    const [, path = '', size = '1'] = /^GET (\S+)\?(\d+) /.exec(head) ?? [];
    const answer = answers[path];
    if (answer === undefined) return void socket.destroy();
    socket.setNoDelay(true);
    let at = 0;
    const step = (): void => {
      socket.write(answer.text.slice(at, (at += Number(size))));
      if (at < answer.text.length) setImmediate(step);
      else if (answer.closes === true) socket.end();
    };
    step();
  });
  for (const path of Object.keys(answers)) {
    for (const size of [1, 7, 100_000]) assert.equal(await text(`${path}?${size}`), body, `${path} by ${size}`);
  }
});

test('HEAD, 204 and 304 end with their head and leave the connection usable', async (t) => {
  const { get, client, server } = await scene(t, (socket, { head }) => {
    const status = /^GET \/(\d+)/.exec(head)?.[1] ?? '200';
    socket.write(`HTTP/1.1 ${status} X\r\n${status === '204' ? '' : 'Content-Length: 99\r\n'}\r\n`);
  });
  const head = await client.send({ method: 'HEAD', url: server.url('/') });
  assert.equal(head.headers.get('content-length'), '99');
  assert.equal(head.body.length, 0);
  await head.body.pour(() => assert.fail('no bytes'));
  assert.equal((await readAll((await get('/204')).body, 0, 'b')).length, 0);
  assert.equal((await readAll((await get('/304')).body, 0, 'b')).length, 0);
  assert.equal(server.connections.length, 1);
});

test('interim answers are skipped, but not without end', async (t) => {
  const early = 'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n';
  const { text } = await scene(t, (socket, { at }) => {
    if (at === 0) socket.write(`HTTP/1.1 100 Continue\r\n\r\n${early.repeat(15)}${ok('done').toString()}`);
    else if (at === 1) socket.write(`${early.repeat(17)}${ok('done').toString()}`);
    else socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n');
  });
  assert.equal(await text(), 'done');
  await assert.rejects(text(), failsWith('BAD_RESPONSE', /interim answers/));
  await assert.rejects(text(), failsWith('BAD_RESPONSE', /changes to a protocol/));
});

test('an answer that is no HTTP, or smuggles, is BAD_RESPONSE with clean text', async (t) => {
  const answers: readonly (readonly [string, RegExp])[] = [
    ['SSH-2.0-OpenSSH_9.2\r\n', /begins with "SSH/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', /more than one Content-Length/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', /a Content-Length and a Transfer/],
    ['HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n', /second line/],
    ['HTTP/1.1 200 \u001b[31mOK\u0007\r\n\r\n', /control characters/],
    [`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(70_000)}\r\n\r\n`, /longer than 65536/],
  ];
  const { get, server } = await scene(t, (socket, { at }) => socket.write(answers[at]?.[0] ?? '', 'latin1'));
  for (const [, about] of answers) {
    await assert.rejects(get('/p?secret'), (error: DrayError) => {
      failsWith('BAD_RESPONSE', about, { host: '127.0.0.1', port: server.port, phase: 'head', tlsEstablished: false })(
        error,
      );
      // oxlint-disable-next-line no-control-regex -- they must not be there
      assert.doesNotMatch(error.message, /[\u0000-\u001f]|secret/);
      assert.match(error.message, /^GET http:\/\/127\.0\.0\.1:\d+\/p: /);
      return true;
    });
  }
});

test('a chunked body that goes wrong in its middle is BAD_RESPONSE, to either kind of reader', async (t) => {
  const { get } = await scene(t, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n');
  const poured = await get();
  let seen = '';
  await assert.rejects(
    poured.body.pour((chunk) => void (seen += Buffer.from(chunk).toString())),
    failsWith('BAD_RESPONSE', /chunk size "zz"/, { phase: 'body' }),
  );
  assert.equal(seen, 'hello');
  const iterated = await get();
  await assert.rejects(readSlowly(iterated), failsWith('BAD_RESPONSE', /chunk size "zz"/));
});

async function readSlowly(response: HttpResponse): Promise<string> {
  let all = '';
  for await (const chunk of response.body) {
    all += Buffer.from(chunk).toString();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return all;
}

test('a body cut short is CONNECTION_LOST with what came and what was promised', async (t) => {
  const heads = ['Content-Length: 5000', 'Transfer-Encoding: chunked'];
  const { get, server } = await scene(t, (socket, { at }) => {
    const head = heads[Math.floor(at / 4)] ?? '';
    const start = head.startsWith('T') ? '1388\r\n' : '';
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${start}${'x'.repeat(1000)}`);
    if (at % 2 === 0) socket.end();
  });
  for (const expected of [5000, undefined]) {
    for (const how of ['end, poured', 'reset, poured', 'end, iterated', 'reset, iterated']) {
      const { body } = await get();
      let received = 0;
      const take = (chunk: Uint8Array): void => {
        received += chunk.length;
        // Not before all of it is here: a reset throws away what was not read.
        if (received === 1000 && how.startsWith('reset')) server.connections.at(-1)?.resetAndDestroy();
      };
      const read = how.endsWith('poured')
        ? body.pour(take)
        : (async () => {
            for await (const chunk of body) take(chunk);
          })();
      await assert.rejects(
        read,
        failsWith('CONNECTION_LOST', /after 1000( of 5000)? bytes/, {
          received: 1000,
          expected,
          phase: 'body',
          port: server.port,
        }),
        how,
      );
      assert.equal(received, 1000);
    }
  }
});

test('a server that closes or resets before it answers is CONNECTION_LOST', async (t) => {
  const { get, server } = await scene(t, (socket, { at }) => (at === 0 ? socket.end() : socket.resetAndDestroy()));
  await assert.rejects(
    get(),
    failsWith('CONNECTION_LOST', /closed the connection before it answered/, { phase: 'head' }),
  );
  await assert.rejects(get(), failsWith('CONNECTION_LOST', /before it answered/));
  assert.equal(server.requests.length, 2);
});

test('half a head, then the end, is CONNECTION_LOST', async (t) => {
  const { get } = await scene(t, (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'));
  await assert.rejects(get(), failsWith('CONNECTION_LOST', /before it answered/));
});

test('no answer, half a head and interim answers without end are STALLED', async (t) => {
  const { get, clock } = await scene(
    t,
    (socket, { at }) => {
      if (at === 1) socket.write('HTTP/1.1 200 OK\r\n');
      if (at === 2) {
        const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 30);
        socket.on('close', () => clearInterval(timer));
      }
    },
    { stallTimeout: 80 },
  );
  // The client looks every 10 ms; interim answers give three times the time.
  for (const longest of [120, 120, 280]) {
    const began = clock.monotonic();
    await assert.rejects(get(), failsWith('STALLED', /no complete answer came within 0.08 s/, { phase: 'head' }));
    const took = clock.monotonic() - began;
    assert.ok(took >= 79 && took < longest, `${took} ms`);
  }
});

test('an answer byte by byte is no exception to the head’s time', async (t) => {
  const { get } = await scene(
    t,
    (socket) => {
      const timer = setInterval(() => socket.write('x'), 10);
      socket.write('HTTP/1.1 200 OK\r\nA: ');
      socket.on('close', () => clearInterval(timer));
    },
    { stallTimeout: 100 },
  );
  await assert.rejects(get(), failsWith('STALLED', /no complete answer/));
});

test('a body that stops, or drips, is STALLED with what came', async (t) => {
  const { get } = await scene(
    t,
    (socket, { at }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(2000)}`);
      if (at % 2 === 0) return;
      const timer = setInterval(() => socket.write('y'), 5);
      socket.on('close', () => clearInterval(timer));
    },
    { stallTimeout: 100 },
  );
  for (const how of ['stops', 'drips']) {
    const { body } = await get();
    await assert.rejects(
      body.pour(() => undefined),
      failsWith('STALLED', /less than 1 KiB came within 0.1 s/, { phase: 'body', expected: 100_000 }),
      how,
    );
  }
  const { body } = await get();
  await assert.rejects(
    async () => {
      for await (const chunk of body) assert.ok(chunk.length > 0);
    },
    failsWith('STALLED', /less than 1 KiB/, { received: 2000 }),
  );
});

test('a slow body that goes on is no stall, and neither is a slow reader', async (t) => {
  const { get } = await scene(
    t,
    (socket, { at }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 12000\r\n\r\n');
      if (at === 1) return void socket.write('x'.repeat(12_000));
      let left = 10;
      const timer = setInterval(() => {
        socket.write('x'.repeat(1200));
        if (--left === 0) clearInterval(timer);
      }, 25);
    },
    { stallTimeout: 120 },
  );
  let received = 0;
  await (await get()).body.pour((chunk) => void (received += chunk.length));
  assert.equal(received, 12_000);
  const { body } = await get();
  await new Promise((resolve) => setTimeout(resolve, 300));
  received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.equal(received, 12_000);
});

test('an aborted signal ends everything at once with CANCELLED and closes the socket', async (t) => {
  const inHead = new AbortController();
  const { get, server } = await scene(t, (socket, { at }) => {
    if (at > 0) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nxxx');
    else inHead.abort();
  });
  await assert.rejects(get('/', { signal: inHead.signal }), failsWith('CANCELLED', /cancelled/));
  await closed(server.connections[0]);
  for (const how of ['pour', 'iterate', 'later'] as const) {
    const controller = new AbortController();
    const { body } = await get('/', { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    if (how === 'later') await new Promise((resolve) => setTimeout(resolve, 40));
    await assert.rejects(
      how === 'iterate'
        ? readAll({ [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() }, 10, 'b')
        : body.pour(() => undefined),
      failsWith('CANCELLED', /cancelled/),
      how,
    );
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  }
  await closed(server.connections[3]);
  await assert.rejects(get('/', { signal: AbortSignal.abort() }), failsWith('CANCELLED', /cancelled/));
  assert.equal(server.requests.length, 4);
});

test('forty exchanges with one signal leave no listener and no warning', async (t) => {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listener);
  t.after(() => process.off('warning', listener));
  const { text } = await scene(t, ok('x'));
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 40 }, () => text('/', { signal })));
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  assert.deepEqual(warnings, []);
});
