/** Which of a container's streams a frame belongs to. */
export const STREAMS = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** Bytes of the head of a frame: the stream, three zeros, the length with its highest byte first. */
export const FRAME_HEAD = 8;

export const RAW_STREAM_TYPE = 'application/vnd.docker.raw-stream';
/** Where the container has no terminal: frames. Since 1.42; before, both are called raw. */
export const MULTIPLEXED_STREAM_TYPE = 'application/vnd.docker.multiplexed-stream';

/** One frame of a multiplexed stream. */
export function encodeFrame(stream: keyof typeof STREAMS, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD + payload.length);
  frame.writeUInt32BE(STREAMS[stream] * 2 ** 24, 0);
  frame.writeUInt32BE(payload.length, 4);
  frame.set(payload, FRAME_HEAD);
  return frame;
}
