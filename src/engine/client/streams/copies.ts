import type { Bytes } from '#bytes';

/** Bytes for who reads ahead, or keeps a chunk: it is ours only until the next one is asked for. */
export async function* copies(source: Bytes): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of source) yield Buffer.from(chunk);
}
