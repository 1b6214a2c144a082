import { DrayError } from '#errors';
import { isJsonObject } from '#oci';

/** Values by name, as `--filter` gives them. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** The `filters` parameter as the docker command writes it; undefined for none. */
export function encodeFilters(filters: Filters | undefined): string | undefined {
  const entries = Object.entries(filters ?? {}).filter(([, values]) => values.length > 0);
  if (entries.length === 0) return undefined;
  return JSON.stringify(
    Object.fromEntries(
      entries.map(([name, values]) => [name, Object.fromEntries(values.map((value) => [value, true]))]),
    ),
  );
}

/** Reads it, also in the form of old clients: lists in place of maps. Rejects with INVALID_OPTION for what is neither. */
export function decodeFilters(text: string | null | undefined): Filters {
  if (text === undefined || text === null || text === '') return {};
  const fault = (): DrayError => new DrayError('INVALID_OPTION', 'invalid filter: it is not a JSON map of maps');
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw fault();
  }
  if (found === null) return {};
  if (!isJsonObject(found)) throw fault();
  return Object.fromEntries(
    Object.entries(found).map(([name, values]) => {
      if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return [name, values];
      if (!isJsonObject(values) || Object.values(values).some((value) => typeof value !== 'boolean')) throw fault();
      return [name, Object.keys(values).filter((key) => values[key] === true)];
    }),
  );
}
