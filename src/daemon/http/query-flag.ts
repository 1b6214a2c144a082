const NO = new Set(['', '0', 'no', 'false', 'none']);

/** Whether a parameter of a query says yes, as docker reads it: everything but a few words does. */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  return !NO.has((query.get(name) ?? '').trim().toLowerCase());
}
