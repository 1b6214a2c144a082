/** What a chunk of an upload says it is: `first` and `last` byte, both included. */
export interface ChunkRange {
  readonly first: number;
  readonly last: number;
}

const CONTENT_RANGE = /^(?:bytes[ =])?(?<first>\d{1,15})-(?<last>\d{1,15})(?:\/(?:\d{1,15}|\*))?$/;

/** Reads `0-1023`, also as `bytes 0-1023/*`, which some clients write. Undefined: it cannot be a range. */
export function readContentRange(header: string): ChunkRange | undefined {
  const parts = CONTENT_RANGE.exec(header.trim())?.groups;
  if (parts === undefined) return undefined;
  const range = { first: Number(parts['first']), last: Number(parts['last']) };
  return range.last < range.first ? undefined : range;
}
