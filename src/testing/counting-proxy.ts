import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One connection through the proxy. Bytes of everything on it: heads, bodies, TLS records. */
export interface CountedConnection {
  /** Bytes from the client to the server. */
  readonly up: number;
  /** Bytes from the server to the client. */
  readonly down: number;
  readonly open: boolean;
}

export interface CountingProxy {
  /** `127.0.0.1:port`, to be used in place of the target's. */
  readonly host: string;
  /** In the order they were made, closed ones too. */
  readonly connections: readonly CountedConnection[];
  /** Bytes to clients, over all connections. */
  readonly down: number;
  /** Cuts all open connections; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * Passes TCP connections on to `target` (`host:port`) and counts their bytes: proof of what was transferred, whatever either side says.
 * @param at its port: a free one by default; that of a proxy that was closed, to be back in its place
 */
export async function startCountingProxy(target: string, at: { readonly port?: number } = {}): Promise<CountingProxy> {
  const { hostname, port } = new URL(`tcp://${target}`);
  const connections: { up: number; down: number; open: boolean }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const counted = { up: 0, down: 0, open: true };
    connections.push(counted);
    const upstream = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) });
    const end = (): void => {
      counted.open = false;
      for (const socket of [client, upstream]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (chunk) => (counted.up += chunk.length));
    upstream.on('data', (chunk) => (counted.down += chunk.length));
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port ?? 0, '127.0.0.1', resolve);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    get down() {
      return connections.reduce((sum, connection) => sum + connection.down, 0);
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
