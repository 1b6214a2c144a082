import { type Reply, withDelivery, withHeaders } from '../registry/reply.ts';
import { changeReply, type Fault, type Match } from './fault.ts';

/** Flips all bits of the byte at `position` of the body (of the answer: a range counts from its own start). */
export function flipByte(position: number, match: Match = {}): Fault {
  return changeReply(match, (answer) => {
    if (position >= answer.body.length) return undefined;
    const body = Buffer.from(answer.body);
    body[position] = (body[position] ?? 0) ^ 0xff;
    return { ...answer, body };
  });
}

/** Sends `count` bytes more than there are: announced in Content-Length, or behind the length that was announced. */
export function extraBytes(count: number, match: Match & { readonly announced?: boolean } = {}): Fault {
  return changeReply(match, (answer) => {
    const longer = { ...answer, body: Buffer.concat([answer.body, Buffer.alloc(count, 'x')]) };
    return match.announced === true ? longer : withHeaders(longer, { 'content-length': String(answer.body.length) });
  });
}

/** Leaves out all but the first `bytes`, and announces only them. */
export function truncate(bytes: number, match: Match = {}): Fault {
  return changeReply(match, (answer) =>
    answer.body.length > bytes ? { ...answer, body: answer.body.subarray(0, bytes) } : undefined,
  );
}

/** Sends other bytes, under the same headers but the length. */
export function replaceBody(
  body: string | Uint8Array | ((answer: Reply) => string | Uint8Array),
  match: Match = {},
): Fault {
  return changeReply(match, (answer) => {
    const value = typeof body === 'function' ? body(answer) : body;
    return { ...answer, body: typeof value === 'string' ? Buffer.from(value) : value };
  });
}

/** Sends the body again and again, without a length and without end. */
export function endless(match: Match = {}): Fault {
  return changeReply(match, (answer) => withDelivery(answer, { framing: 'chunked', endless: true }));
}
