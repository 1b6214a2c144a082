import type { Bytes } from '#bytes';
import type { Frame } from './frame.ts';

/** What a terminal says, as frames of stdout. */
export async function* rawFrames(bytes: Bytes): AsyncGenerator<Frame, void, undefined> {
  for await (const chunk of bytes) if (chunk.length > 0) yield { stream: 'stdout', bytes: chunk };
}
