import { type ImageConfig, isJsonObject, type JsonValue } from '#oci';
import type { ConfigChange } from './comparison.ts';

/** What two configs say differently of how a container is run and what it is for; sorted by field. */
export function compareConfigs(a: ImageConfig, b: ImageConfig): readonly ConfigChange[] {
  const first = fieldsOf(a);
  const second = fieldsOf(b);
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  return names.flatMap((field) => {
    const one = first.get(field);
    const other = second.get(field);
    if (canonical(one) === canonical(other)) return [];
    return [{ field, ...(one !== undefined && { a: one }), ...(other !== undefined && { b: other }) }];
  });
}

const PLATFORM = ['os', 'architecture', 'variant', 'osVersion', 'created', 'author'] as const;

function fieldsOf(config: ImageConfig): ReadonlyMap<string, JsonValue> {
  const fields = new Map<string, JsonValue>();
  for (const name of PLATFORM) if (config[name] !== undefined) fields.set(name, config[name]);
  for (const [name, value] of Object.entries(config.config ?? {})) {
    if (isEmpty(value)) continue;
    if (name === 'Env' && Array.isArray(value)) {
      for (const line of value) fields.set(...variable(line));
    } else if (isJsonObject(value)) {
      for (const [key, inner] of Object.entries(value)) fields.set(`${name}.${key}`, inner);
    } else fields.set(name, value);
  }
  return fields;
}

function variable(line: JsonValue): readonly [string, JsonValue] {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  const equals = text.indexOf('=');
  return equals < 0 ? [`Env.${text}`, ''] : [`Env.${text.slice(0, equals)}`, text.slice(equals + 1)];
}

/** What programs write for nothing. */
function isEmpty(value: JsonValue): boolean {
  return value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: JsonValue | undefined): string | undefined {
  return JSON.stringify(value, (_, inner: JsonValue) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
