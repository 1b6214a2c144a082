import type { Gunzip, ZlibOptions } from 'node:zlib';
import { zlib } from './zlib.ts';

/** The two formats that zlib's native side can undo. */
export type NativeFormat = 'gzip' | 'zstd';

/** Uncompressed bytes that come out at a time; smaller ones cost a third more time, larger ones leave the processor's cache. */
const OUTPUT_SIZE = 256 * 1024;

/** Least that zlib takes; the stream's own buffer is not used when stepping. */
const SMALLEST_CHUNK = 64;

/** One step of a native decoder: how much it took and gave. `output` is overwritten by the next step. */
export interface Step {
  readonly consumed: number;
  readonly output: Uint8Array;
  /** True when there was no room for more output: step again, even with no input left. */
  readonly full: boolean;
}

/** Undoes compression on the calling thread, one step at a time. */
export interface StepDecoder {
  /** Throws what zlib found wrong. `last`: nothing comes after this input, so that an end in the middle is an error. */
  step(input: Uint8Array, last: boolean): Step;
  close(): void;
}

interface NativeHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
  onerror: (message: string, errno: number, code: string) => void;
}

interface NativeStream {
  readonly _handle: NativeHandle | null;
  /** Room left in the output, bytes left of the input. */
  readonly _writeState: Uint32Array;
  close(): void;
}

/** What Node gained after the oldest release we run on; `@types/node` does not know it. */
interface NewerZlib {
  createZstdDecompress?(options: ZlibOptions): Gunzip;
}

function openNativeStream(format: NativeFormat, chunkSize: number): Gunzip {
  if (format === 'gzip') return zlib().createGunzip({ chunkSize });
  const { createZstdDecompress } = zlib() as NewerZlib;
  if (createZstdDecompress === undefined) throw new Error('this Node has no zstd');
  return createZstdDecompress({ chunkSize });
}

/** A Node stream that undoes gzip in zlib's thread pool. */
export function openGunzipStream(): Gunzip {
  return openNativeStream('gzip', OUTPUT_SIZE);
}

let stepsWork: boolean | undefined;

/**
 * A decoder that works synchronously on this thread: a fifth less processor time than a stream, and no queue. It uses the native
 * handle inside Node's zlib streams, which is no public interface, so it is tried on a known input first.
 * @returns undefined where this Node has no such format, or its handle is not what we know
 */
export function openStepDecoder(format: NativeFormat): StepDecoder | undefined {
  if (format === 'zstd' && (zlib() as NewerZlib).createZstdDecompress === undefined) return undefined;
  stepsWork ??= tryKnownInput();
  return stepsWork ? stepDecoder(format) : undefined;
}

function stepDecoder(format: NativeFormat): StepDecoder {
  const stream = openNativeStream(format, SMALLEST_CHUNK) as unknown as NativeStream;
  const handle = stream._handle;
  if (handle === null) throw new Error('zlib stream without a handle');
  const output = new Uint8Array(OUTPUT_SIZE);
  const { constants } = zlib();
  const [more, end] = format === 'gzip' ? [constants.Z_NO_FLUSH, constants.Z_FINISH] : [0, 2];
  let failure: Error | undefined;
  handle.onerror = (message, errno, code) => {
    failure = Object.assign(new Error(message), { errno, code });
  };
  return {
    step(input, last) {
      handle.writeSync(last ? end : more, input, 0, input.length, output, 0, OUTPUT_SIZE);
      if (failure !== undefined) throw failure;
      const [room = 0, left = 0] = stream._writeState;
      return {
        consumed: input.length - left,
        output: output.subarray(0, OUTPUT_SIZE - room),
        full: room === 0,
      };
    },
    close: () => stream.close(),
  };
}

/** `dray` in gzip, then one byte of nonsense in place of its checksum. */
function tryKnownInput(): boolean {
  const known = Buffer.from('H4sIAAAAAAACAEspSqwEAAiQSpcEAAAA', 'base64');
  const wrong = Uint8Array.from(known);
  wrong[16] = 1 ^ (wrong[16] ?? 0);
  try {
    const good = stepDecoder('gzip');
    const first = good.step(known.subarray(0, 12), false);
    const begun = Buffer.from(first.output).toString();
    const second = good.step(known.subarray(12), true);
    const whole = begun + Buffer.from(second.output).toString();
    good.close();
    const bad = stepDecoder('gzip');
    let refused = false;
    try {
      bad.step(wrong, true);
    } catch {
      refused = true;
    }
    bad.close();
    return whole === 'dray' && first.consumed === 12 && second.consumed === known.length - 12 && refused;
  } catch {
    return false;
  }
}
