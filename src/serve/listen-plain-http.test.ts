import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, get } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createCertificate } from '#testing';
import { answerPlainHttp } from './listen-plain-http.ts';

async function started(t: TestContext): Promise<number> {
  const { cert, key } = createCertificate({ hosts: ['127.0.0.1'] });
  const server = createServer({ cert, key }, (_message, response) => response.end('secret'));
  answerPlainHttp(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** What a request is answered with. */
async function answerTo(sent: ReturnType<typeof request>): Promise<string> {
  const [response] = await once(sent, 'response');
  let text = `${response.statusCode} `;
  for await (const chunk of response) text += String(chunk);
  return text;
}

test('who speaks http to https is told so, with a body or without, and https goes on', async (t) => {
  const port = await started(t);
  const where = { host: '127.0.0.1', port, agent: false } as const;
  const told = '400 Client sent an HTTP request to an HTTPS server.\n';
  for (const [method, length] of [
    ['GET', 0],
    ['HEAD', 0],
    ['POST', 1000],
  ] as const) {
    const sent = request({ ...where, method });
    sent.on('error', () => {}).end(Buffer.alloc(length));
    assert.equal(await answerTo(sent), method === 'HEAD' ? '400 ' : told, method);
    assert.equal(await answerTo(get({ ...where, rejectUnauthorized: false })), '200 secret');
  }
});

test('what is neither http nor TLS is hung up on', async (t) => {
  const port = await started(t);
  const socket = connect(port, '127.0.0.1');
  let told = '';
  socket.on('data', (chunk) => (told += String(chunk))).on('error', () => {});
  socket.write('\u0001\u0002nonsense, and more of it\r\n\r\n');
  await once(socket, 'close');
  assert.doesNotMatch(told, /HTTP/);
});
