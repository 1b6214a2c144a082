import type { ByteSpan } from '../storage/port.ts';

const RANGE = /^bytes=\s*(?<first>\d*)\s*-\s*(?<last>\d*)\s*$/;

/**
 * Reads a Range header: https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 * @param size of what it is a range of
 * @returns undefined for one to be ignored (malformed, or several ranges), `unsatisfiable` for one of nothing that is there, or that ends
 * before it begins
 */
export function readRange(header: string, size: number): ByteSpan | 'unsatisfiable' | undefined {
  const parts = RANGE.exec(header)?.groups;
  const first = parts?.['first'] ?? '';
  const last = parts?.['last'] ?? '';
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - suffix), end: size };
  }
  const start = Number(first);
  if (start >= size || (last !== '' && Number(last) < start)) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}
