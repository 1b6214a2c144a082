import type { EngineEvent } from '#engine';
import type { PublishedEvent } from './event-bus.ts';

/** An event as a line of JSON. Its nanoseconds have more digits than a number can: they are written as they are. */
export function eventLine({ type, action, id, attributes, timeNano }: PublishedEvent): string {
  const event: Omit<EngineEvent, 'timeNano'> = {
    // What the first versions had events of has it in their form too.
    ...((type === 'image' || type === 'container') && { status: action }),
    ...(id !== '' && { id }),
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: Number(timeNano / 1_000_000_000n),
  };
  return `${JSON.stringify(event).slice(0, -1)},"timeNano":${timeNano}}\n`;
}
