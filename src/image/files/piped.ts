import { DrayError } from '#errors';

/** Takes a chunk; resolves when the chunk may be reused. */
export type GiveChunk = (chunk: Uint8Array) => Promise<void>;

/** What `work` gives, as bytes to iterate: one chunk at a time, and none before it is asked for. Who stops iterating stops the work. */
export async function* piped(work: (give: GiveChunk) => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  let offered: { readonly chunk: Uint8Array; taken(): void; refused(error: unknown): void } | undefined;
  let wake = (): void => undefined;
  let over = false;
  const give: GiveChunk = (chunk) =>
    new Promise((taken, refused) => {
      if (over) return refused(stopped());
      offered = { chunk, taken, refused };
      wake();
    });
  const end = work(give).finally(() => {
    over = true;
    wake();
  });
  // Whoever iterates gets the error.
  end.catch(() => undefined);
  try {
    for (;;) {
      if (offered === undefined && !over) await new Promise<void>((resolve) => (wake = resolve));
      const now = offered;
      if (now === undefined) break;
      yield now.chunk;
      offered = undefined;
      now.taken();
    }
  } finally {
    const ended = over;
    over = true;
    offered?.refused(stopped());
    if (ended) await end;
    else await end.catch(() => undefined);
  }
}

function stopped(): DrayError {
  return new DrayError('CANCELLED', 'nobody reads any more');
}
