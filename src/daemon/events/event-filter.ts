import type { Filters } from '#engine';
import { familiarName, hasLabel, parseReference } from '#oci';
import type { PublishedEvent } from './event-bus.ts';

/** Filters by what the event is of, which the beginning of an ID or a name satisfies. */
const OBJECTS = ['daemon', 'container', 'plugin', 'volume', 'network', 'node', 'service', 'secret', 'config'] as const;

/** Whether an event is wanted, as docker decides that: of one filter any value, of several filters each; those it does not know count for nothing. */
export function isWantedEvent(event: PublishedEvent, filters: Filters): boolean {
  const { type, action, id, attributes } = event;
  const name = attributes['name'] ?? '';
  const isOneOf = (key: string, ...values: readonly string[]): boolean => {
    const wanted = filters[key] ?? [];
    return wanted.length === 0 || wanted.some((value) => values.includes(value));
  };
  const begins = (key: string): boolean => {
    const wanted = filters[key] ?? [];
    return wanted.length === 0 || wanted.some((value) => id.startsWith(value) || name.startsWith(value));
  };
  return (
    isOneOf('event', action) &&
    isOneOf('type', type) &&
    isOneOf('scope', 'local') &&
    OBJECTS.every(begins) &&
    isOneOf('image', id, name, withoutTag(id), withoutTag(name)) &&
    (filters['label'] ?? []).every((label) => hasLabel(attributes, label))
  );
}

function withoutTag(text: string): string {
  try {
    return familiarName(parseReference(text));
  } catch {
    // an ID
    return text;
  }
}
