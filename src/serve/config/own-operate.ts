import type { ImmutableRule, MaintenanceRules, QuotaRule, RetentionRule, Schedule } from '../operate/options.ts';
import {
  duration,
  listOf,
  oneOf,
  type Read,
  refusal,
  required,
  settings,
  size,
  text,
  toggle,
  whole,
} from './readers.ts';

const texts = listOf(text);
const about = { repositories: texts, tags: texts, except: texts };

/** `immutable` of our own file. */
export const readImmutable: Read<readonly ImmutableRule[]> = listOf(settings(about));

const quota = settings({ repositories: texts, bytes: size, per: oneOf('together', 'repository', 'namespace') });

/** `quotas` of our own file. */
export const readQuotas: Read<readonly QuotaRule[]> = listOf((node, reading) => {
  const { bytes, ...rest } = quota(node, reading);
  return { ...rest, bytes: required(bytes, 'bytes', [node, reading]) };
});

const retention: Read<readonly RetentionRule[]> = listOf(
  settings({ ...about, newest: whole(0), younger: duration, untagged: duration }),
);

/** `22:00-04:00`, in UTC. */
const readWindow: Read<Schedule['window']> = (node, reading) => {
  const [, from = '', fromMinute, to, toMinute] = /^(\d\d?):(\d\d) ?- ?(\d\d?):(\d\d)$/.exec(text(node, reading)) ?? [];
  const [start, end] = [Number(from) * 60 + Number(fromMinute), Number(to) * 60 + Number(toMinute)];
  if (!(start < 1440 && end < 1440)) throw refusal(node, reading, 'must be two times, like 22:00-04:00');
  return { from: start, to: end };
};

const maintenance = settings({
  interval: duration,
  window: readWindow,
  retention,
  collect: settings({ grace: duration, trash: duration, deleteUntagged: toggle, untagged: duration }),
  uploads: settings({ age: duration }),
});

/** `maintenance` of our own file: what is cleared away by itself, and when. Old uploads are in any case. */
export const readMaintenance: Read<MaintenanceRules & Schedule> = (node, reading) => ({
  uploads: {},
  ...maintenance(node, reading),
});
