import { type Bytes, pour } from '#bytes';
import type { CallOptions, Ingest } from '#content';
import { throwIfCancelled, unlessCancelled } from '#errors';

/** Gives an ingest its whole content and commits it; whatever goes wrong, the ingest is released. */
export async function pourInto(ingest: Ingest, content: Bytes, options: CallOptions): Promise<void> {
  const { signal } = options;
  try {
    let at = 0;
    const poured = pour(content, (chunk) => {
      throwIfCancelled(signal);
      ingest.write(at, chunk);
      at += chunk.length;
    });
    await unlessCancelled(poured, signal);
    await ingest.commit({ signal });
  } catch (error) {
    await ingest.release();
    throw error;
  }
}
