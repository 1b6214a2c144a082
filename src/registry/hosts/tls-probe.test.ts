import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { createCertificate } from '#testing';
import { probeTls } from './tls-probe.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
});

async function listen(server: Server): Promise<URL> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** Reads heads up to their end before it looks at them, as servers in many languages do. */
function patientServer(): Server {
  return createServer((socket) => {
    let head = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (head.includes('\r\n\r\n')) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
  });
}

const certificate = createCertificate({ hosts: ['127.0.0.1'] });

describe('probeTls', () => {
  const cases: readonly (readonly [name: string, server: () => Server, expected: string])[] = [
    ['TLS', () => createTlsServer(certificate), 'tls'],
    ['TLS 1.3 alone', () => createTlsServer({ ...certificate, minVersion: 'TLSv1.3' }), 'tls'],
    ['TLS 1.2 alone', () => createTlsServer({ ...certificate, maxVersion: 'TLSv1.2' }), 'tls'],
    ['plain http', () => createHttpServer(), 'plain'],
    ['a server that waits for a whole head', patientServer, 'plain'],
    ['one that closes', () => createServer((socket) => socket.end()), 'unknown'],
    ['one that says nothing', () => createServer(), 'unknown'],
  ];
  for (const [name, server, expected] of cases) {
    it(`${name}: ${expected}`, async () => {
      assert.equal(await probeTls(await listen(server())), expected);
    });
  }

  it('cannot tell where nobody listens', async () => {
    const url = await listen(createServer());
    await new Promise((resolve) => servers.pop()?.close(resolve));
    assert.equal(await probeTls(url), 'unknown');
  });
});
