import { throwIfCancelled } from '#errors';
import { onAbort } from '#transport';

/** A signal of one's own, which the caller's ends too. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  /** Ends what goes by the signal, and listens to the caller's no longer. */
  end(): void;
}

/** Throws CANCELLED where the caller's has ended already. */
export function linkedAbort(outer: AbortSignal | undefined): LinkedAbort {
  throwIfCancelled(outer);
  const controller = new AbortController();
  const release = onAbort(outer, () => controller.abort(outer?.reason));
  return {
    signal: controller.signal,
    end() {
      release();
      controller.abort();
    },
  };
}
