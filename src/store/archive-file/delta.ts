import { DrayError } from '#errors';
import { type Descriptor, type Digest, isDigest, isJsonObject, type JsonValue, parseJsonStrict } from '#oci';

/** The file that says what was left out of an archive (docs/formats.md). */
export const DELTA_TABLE = 'dray-delta.json';

/** What was left out of an archive, for those who have it already. */
export interface DeltaTable {
  readonly missing: readonly Pick<Descriptor, 'mediaType' | 'digest' | 'size'>[];
  /** Names of what has it: archives, images. */
  readonly from: readonly string[];
}

const MOST_MISSING = 100_000;

export function deltaJson(missing: readonly Descriptor[], from: readonly string[]): Uint8Array {
  const plain = missing.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  return Buffer.from(`${JSON.stringify({ schemaVersion: 1, missing: plain, from })}\n`);
}

/** Throws MANIFEST_INVALID, or UNSUPPORTED for the table of a newer dray. */
export function parseDelta(bytes: Uint8Array, what: string): DeltaTable {
  const { schemaVersion, missing, from } = parseJsonStrict(bytes, what);
  if (schemaVersion !== 1) throw new DrayError('UNSUPPORTED', `cannot read ${what}: its version is not 1`);
  const wrong = (): DrayError => new DrayError('MANIFEST_INVALID', `cannot read ${what}: it is malformed`);
  if (!Array.isArray(missing) || missing.length > MOST_MISSING || !Array.isArray(from)) throw wrong();
  return {
    missing: missing.map((entry: JsonValue) => {
      if (!isJsonObject(entry)) throw wrong();
      const { mediaType, digest, size } = entry;
      if (typeof mediaType !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size)) throw wrong();
      if (typeof digest !== 'string' || !isDigest(digest)) throw wrong();
      return { mediaType, digest: digest satisfies Digest, size };
    }),
    from: from.map((name: JsonValue) => {
      if (typeof name !== 'string') throw wrong();
      return name;
    }),
  };
}
