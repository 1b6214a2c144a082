/** What a `Content-Range: bytes first-last/total` says. */
export interface ContentRange {
  readonly first: number;
  /** Position of the last byte, as in the header. */
  readonly last: number;
  /** Undefined for `*`. */
  readonly total: number | undefined;
}

/** Reads the header of a 206 (RFC 9110, 14.4); undefined for one that makes no sense. */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  const total = match[3] === '*' ? undefined : Number(match[3]);
  if (first > last || !Number.isSafeInteger(last) || (total !== undefined && last >= total)) return undefined;
  return { first, last, total };
}
