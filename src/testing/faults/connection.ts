import type { Socket } from 'node:net';
import { reply, withDelivery } from '../registry/reply.ts';
import type { RegistryRequest } from '../registry/request.ts';
import { answerWith, changeReply, type Fault, type Match } from './fault.ts';

/** Closes the connection after `bytes` of a body that is longer; with `reset` by a TCP reset, which may take bytes on their way along. */
export function cutAfter(bytes: number, match: Match & { readonly reset?: boolean } = {}): Fault {
  const reset = match.reset === true;
  return changeReply(match, (answer) =>
    answer.body.length > bytes ? withDelivery(answer, { cutAfter: bytes, reset }) : undefined,
  );
}

/** Sends `bytes` of a body that is longer, then nothing more, and keeps the connection open. */
export function stallAfter(bytes: number, match: Match = {}): Fault {
  return changeReply(match, (answer) =>
    answer.body.length > bytes ? withDelivery(answer, { stallAfter: bytes }) : undefined,
  );
}

/** Takes the request and never says anything. */
export function neverAnswer(match: Match = {}): Fault {
  return answerWith(match, () => withDelivery(reply(0, {}), { instead: 'silence' }));
}

/** Closes the connection in place of an answer. */
export function hangUp(match: Match & { readonly reset?: boolean } = {}): Fault {
  return answerWith(match, () => withDelivery(reply(0, {}), { instead: 'hang-up', reset: match.reset === true }));
}

/** Sends these bytes, which need not be HTTP, and closes. */
export function rawAnswer(bytes: Uint8Array | string, match: Match = {}): Fault {
  const raw = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return answerWith(match, () => withDelivery(reply(0, {}), { raw }));
}

/** Gives the connection to `script`, which says what it likes, when it likes, and ends it or does not. */
export function takeOver(script: (socket: Socket, request: RegistryRequest) => void, match: Match = {}): Fault {
  return answerWith(match, (request) => withDelivery(reply(0, {}), { takeOver: (socket) => script(socket, request) }));
}

/** Waits so many milliseconds before the head. */
export function delay(milliseconds: number, match: Match = {}): Fault {
  return changeReply(match, (answer) => withDelivery(answer, { delay: milliseconds }));
}

/** Sends bodies at so many bytes per second and connection. */
export function slow(bytesPerSecond: number, match: Match = {}): Fault {
  return changeReply(match, (answer) => withDelivery(answer, { rate: bytesPerSecond }));
}
