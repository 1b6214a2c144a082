import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

/**
 * A proxy to which every name is 127.0.0.1: what is said of registries on other machines (TLS that is checked, no http without leave) holds for
 * one on this machine too when it is asked as `registry.test` through it. Gives its URL.
 */
export async function startNameProxy(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(501).end());
  server.on('connect', (request, client: Socket) => {
    const upstream = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
