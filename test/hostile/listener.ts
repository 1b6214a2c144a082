import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it was seen. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** Names and values as they were sent. */
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void;

/** A server that answers as a test says, and remembers what it was asked. */
export interface Listener {
  readonly requests: readonly SeenRequest[];
  /** `address:port`. */
  readonly host: string;
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(handler: Handler, { tls }: ListenOptions = {}): Promise<Listener> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const take = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of message) body += String(chunk);
    const { method = '', url = '', headers } = message;
    const seen = { method, url, headers, body };
    requests.push(seen);
    handler(seen, response);
  };
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    take(message, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    requests,
    host,
    port,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
