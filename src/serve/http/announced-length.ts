import type { IncomingMessage } from 'node:http';

/** The length in bytes that a request's body will have; 0 where it has none; undefined for a chunked one. */
export function announcedLength({ headers }: IncomingMessage): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  const length = headers['content-length'];
  return length === undefined ? 0 : Number(length);
}
