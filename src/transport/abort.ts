interface FanOut {
  readonly actions: Set<() => void>;
  readonly listener: () => void;
}

const fanOuts = new WeakMap<AbortSignal, FanOut>();

/**
 * Calls `action` once when `signal` aborts, until the returned function is called. All exchanges of a pull share one signal, and Node
 * warns of a leak at the eleventh listener: so each signal gets a single one, which calls them all and goes with the last of them.
 */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const fanOut = fanOuts.get(signal) ?? listen(signal);
  const own = (): void => action();
  fanOut.actions.add(own);
  return () => {
    if (!fanOut.actions.delete(own) || fanOut.actions.size > 0) return;
    signal.removeEventListener('abort', fanOut.listener);
    fanOuts.delete(signal);
  };
}

function listen(signal: AbortSignal): FanOut {
  const actions = new Set<() => void>();
  const listener = (): void => {
    for (const action of actions) action();
  };
  const fanOut = { actions, listener };
  signal.addEventListener('abort', listener);
  fanOuts.set(signal, fanOut);
  return fanOut;
}
