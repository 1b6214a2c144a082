import { connect, type Socket } from 'node:net';

export interface RawOptions {
  /** Longest wait for the end of the connection, in milliseconds; what has come by then is given. */
  readonly wait?: number;
  /** The text after which there is nothing to wait for. */
  readonly until?: RegExp;
}

/** Sends bytes as they are and resolves to all that comes back, until the other side ends. The connection is closed then. */
export function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  { wait = 10_000, until }: RawOptions = {},
): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    });
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(end, wait);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until?.test(text) === true) end();
    });
    socket.on('error', end).on('close', end).on('end', end);
  });
}

/** The status of each answer in what `sendRaw` gave. */
export function statusesOf(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
}

/** Connections that have sent some bytes and then keep silent, until they are closed. */
export async function silentConnections(port: number, count: number, bytes: string): Promise<readonly Socket[]> {
  return Promise.all(
    Array.from({ length: count }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      return new Promise<Socket>((resolve) => {
        socket.on('close', () => resolve(socket));
        socket.on('connect', () => socket.write(bytes, () => resolve(socket)));
      });
    }),
  );
}
