import { DrayError } from '#errors';

/** What neither node nor a layer's media type knows. */
const FOREIGN: readonly (readonly [name: string, magic: string])[] = [
  ['bzip2', '425a68'],
  ['xz', 'fd377a58'],
];

/** Throws UNSUPPORTED for content whose first bytes are those of a compression that is not understood. `what` is for the message. */
export function refuseForeign(head: Uint8Array, what: string): void {
  const first = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('hex');
  const found = FOREIGN.find(([, magic]) => first.startsWith(magic));
  if (found === undefined) return;
  const [name] = found;
  throw new DrayError('UNSUPPORTED', `${what} is compressed with ${name}, which is not understood`, {
    hint: `uncompress it first: ${name} -dc FILE gives what is in it`,
  });
}
