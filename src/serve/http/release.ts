interface Transferable {
  transfer?(length: number): ArrayBuffer;
}

/**
 * Gives the memory of a chunk back at once, where it has one of its own and the engine knows how (from Node 22 on). The collector comes too late for
 * bodies of gigabytes: it sees small objects, not the memory behind them. Nobody may look at the chunk afterwards.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer.byteLength === byteLength) (buffer as Transferable).transfer?.(0);
}
