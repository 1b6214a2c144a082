import type { Bytes } from '#bytes';
import { DrayError } from '#errors';
import { printable } from '#oci';
import { FRAME_HEAD, STREAMS } from '../../api/raw-stream.ts';
import type { Frame } from './frame.ts';

/** The engine's own stream: it carries the reason why nothing more comes. */
const FAULT = 3;
/** Most of that reason that is read. Bytes. */
const LONGEST_FAULT = 4096;

const NAMES: readonly Frame['stream'][] = ['stdin', 'stdout', 'stderr'];

/**
 * Takes a multiplexed stream apart. Nothing is gathered: a frame comes in as many pieces as it has arrived in, so that memory does not
 * depend on the length that it announces. Leaving the loop gives up the rest. `what` names it in errors: `the output of web`.
 *
 * Rejects with BAD_RESPONSE for what is no such stream, CONNECTION_LOST where it ends within a frame, and SERVER_FAILED where the engine
 * says in it that it cannot go on.
 */
export async function* demultiplex(bytes: Bytes, what = 'the stream'): AsyncGenerator<Frame, void, undefined> {
  const head = Buffer.alloc(FRAME_HEAD);
  let headLength = 0;
  let stream = FAULT;
  let left = 0;
  let fault: Buffer | undefined;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        const taken = chunk.subarray(at, at + FRAME_HEAD - headLength);
        head.set(taken, headLength);
        headLength += taken.length;
        at += taken.length;
        if (headLength < FRAME_HEAD) break;
        headLength = 0;
        stream = streamOf(head, what);
        left = head.readUInt32BE(4);
        if (stream === FAULT && left === 0) throw failed('', what);
        continue;
      }
      const piece = chunk.subarray(at, at + left);
      at += piece.length;
      left -= piece.length;
      const name = NAMES[stream];
      if (name !== undefined) yield { stream: name, bytes: piece };
      else {
        fault = Buffer.concat([fault ?? Buffer.alloc(0), piece]);
        if (left === 0 || fault.length >= LONGEST_FAULT) throw failed(fault.toString('utf8', 0, LONGEST_FAULT), what);
      }
    }
  }
  if (headLength === 0 && left === 0) return;
  const missing = left > 0 ? `${left} bytes of a frame` : 'the rest of the head of a frame';
  throw new DrayError('CONNECTION_LOST', `${what}: the engine closed the connection before ${missing} had come`);
}

function streamOf(head: Buffer, what: string): number {
  const stream = head.readUInt8(0);
  if (stream <= FAULT && head.readUIntBE(1, 3) === 0) return stream;
  const shown = head.toString('hex');
  const streams = Object.keys(STREAMS).length;
  throw new DrayError('BAD_RESPONSE', `${what}: "${shown}" is no head of a frame of one of ${streams} streams`, {
    hint: 'A container with a terminal sends no frames, and one without a terminal sends nothing else: was it asked for in the other way?',
    detail: { head: shown },
  });
}

function failed(text: string, what: string): DrayError {
  const reason = printable(text.trim(), 500);
  return new DrayError(
    'SERVER_FAILED',
    `${what}: the engine cannot go on: ${reason === '' ? 'it says not why' : reason}`,
  );
}
