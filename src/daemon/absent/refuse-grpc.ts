import { performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { ConnectionTaker } from '../http/upgrades.ts';

/** gRPC's statuses. */
const OK = '0';
const UNIMPLEMENTED = '12';
/** Milliseconds after which a connection on which nothing is asked is closed. */
const IDLE = 60_000;
/** What builds have left: nothing. One method answers with a message, the others with as many as there are records. */
const USAGE = '/moby.buildkit.v1.Control/DiskUsage';
const RECORDS = new Set(['/moby.buildkit.v1.Control/Prune', '/moby.buildkit.v1.Control/ListenBuildHistory']);
/** Not compressed, and nothing in it. */
const EMPTY_MESSAGE = Buffer.alloc(5);

/**
 * Speaks BuildKit's protocol far enough to say that nothing is built here. A client that could not even connect would look for another
 * builder, and pull an image and run a container for that.
 */
export function refuseGrpc(message: string): ConnectionTaker {
  return (socket) => {
    // A server of HTTP/2 would want TLS to have agreed on that, which it has not where a connection begins with HTTP/1.
    const session = performServerHandshake(socket, { settings: { maxConcurrentStreams: 16 } });
    session.on('stream', (stream: ServerHttp2Stream, { ':path': method = '' }) => answer(stream, method, message));
    session.setTimeout(IDLE, () => session.close());
    // clients that leave
    session.on('error', () => {});
  };
}

/**
 * The connection on which a builder asks its client for files: it ends at once, with nothing asked. Docker's commands up to 22 open it beside
 * their build and tell whichever fails first: of a refused connection without the message.
 */
export function askNothing(socket: Socket): void {
  socket.resume().end();
}

function answer(stream: ServerHttp2Stream, method: string, message: string): void {
  stream.on('error', () => {});
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (method === USAGE) {
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': OK }));
    stream.end(EMPTY_MESSAGE);
  } else if (RECORDS.has(method)) {
    stream.respond({ ...head, 'grpc-status': OK }, { endStream: true });
  } else {
    const refusal = { 'grpc-status': UNIMPLEMENTED, 'grpc-message': encodeURI(message) };
    stream.respond({ ...head, ...refusal }, { endStream: true });
  }
}
