/** What Node calls the failure of a system call or of its own: `ENOENT`, `ECONNRESET`, `ERR_STREAM_PREMATURE_CLOSE`; undefined for all else. */
export function errnoOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
