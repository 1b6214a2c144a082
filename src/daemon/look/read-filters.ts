import { decodeFilters, type Filters } from '#engine';
import { printable } from '#oci';
import { EngineError } from '../http/engine-error.ts';

/**
 * The `filters` parameter, of which only `known` ones are taken. Throws an EngineError 400, in docker's words, for what is no map of filters,
 * and for a filter that there is not.
 */
export function readFilters(query: URLSearchParams, known: ReadonlySet<string>): Filters {
  const filters = decoded(query.get('filters'));
  for (const name of Object.keys(filters)) if (!known.has(name)) throw invalidFilter(name);
  return filters;
}

function decoded(text: string | null): Filters {
  try {
    return decodeFilters(text);
  } catch (cause) {
    throw new EngineError(400, 'invalid filter', { cause });
  }
}

/** A filter that is true or false; undefined where it is not there. Throws an EngineError 400 for any other value, and for both. */
export function booleanFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters[name];
  if (values === undefined) return undefined;
  const isTrue = values.includes('1') || values.includes('true');
  const isFalse = values.includes('0') || values.includes('false');
  if (isTrue === isFalse) throw invalidFilter(name, values.length === 0 ? undefined : `[${values.join(' ')}]`);
  return isTrue;
}

export function invalidFilter(name: string, value?: string): EngineError {
  const shown = value === undefined ? name : `${name}=${value}`;
  return new EngineError(400, `invalid filter '${printable(shown, LONGEST_SHOWN)}'`);
}

const LONGEST_SHOWN = 200;
