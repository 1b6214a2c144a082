/**
 * Bytes that a registry says it has of an upload, from its Range header; undefined where it does not say. Registries write `0-999`, some
 * `bytes=0-999`; `0-0` is what docker-registry says of an upload that has nothing.
 */
export function receivedOf(range: string | undefined): number | undefined {
  const [, first, last = ''] = /^\s*(?:bytes[ =])?\s*(\d+)-(\d{1,16})(?:\/.*)?\s*$/.exec(range ?? '') ?? [];
  if (first !== '0' || last === '') return undefined;
  const end = Number(last);
  if (!Number.isSafeInteger(end)) return undefined;
  return end === 0 ? 0 : end + 1;
}
