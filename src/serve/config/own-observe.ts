import type { HealthCheckSettings, HealthSettings, LogSettings, WebhookSettings } from '../settings.ts';
import { placeOf } from './place-of.ts';
import {
  duration,
  file,
  listOf,
  mapOf,
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

const accessLog = settings({ format: oneOf('json', 'combined'), to: text });

/** Where it goes, or that and more. */
const readAccessLog: Read<LogSettings['access']> = (node, reading) => {
  const { format = 'combined', to = 'stdout' } =
    node.kind === 'scalar' ? { to: text(node, reading) } : accessLog(node, reading);
  return { format, to: to === 'stdout' || to === 'stderr' ? to : reading.resolve(to) };
};

const log = settings({
  level: oneOf('debug', 'info', 'warn', 'error'),
  format: oneOf('text', 'json', 'logstash', 'none'),
  fields: mapOf(text),
  access: readAccessLog,
});

/** `log` of our own file. */
export const readLog: Read<Partial<LogSettings>> = (node, reading) => log(node, reading);

const check = settings({
  file,
  http: text,
  tcp: text,
  status: whole(100, 599),
  headers: mapOf(text),
  interval: duration,
  timeout: duration,
  threshold: whole(1),
});

const readCheck: Read<HealthCheckSettings> = (node, reading) => {
  const { file: path, http: url, tcp, status, headers, ...times } = check(node, reading);
  if (path !== undefined) return { kind: 'file', path, ...times };
  if (url !== undefined) return { kind: 'http', url, status, headers, ...times };
  const place = placeOf(required(tcp, 'one of file, http and tcp', [node, reading]));
  if (place === undefined) throw refusal(node, reading, 'tcp must be HOST:PORT');
  return { kind: 'tcp', ...place, ...times };
};

/** `health` of our own file. */
export const readHealth: Read<Partial<HealthSettings>> = settings({
  storage: toggle,
  free: size,
  checks: listOf(readCheck),
});

const webhook = settings({
  name: text,
  url: text,
  headers: mapOf(listOf(text)),
  timeout: duration,
  threshold: whole(1),
  backoff: duration,
  ignore: settings({ mediaTypes: listOf(text), actions: listOf(oneOf('push', 'pull', 'mount', 'delete')) }),
  references: toggle,
});

/** `webhooks` of our own file. */
export const readWebhooks: Read<readonly WebhookSettings[]> = listOf((node, reading) => {
  const { name, url, headers = {}, references = false, ...rest } = webhook(node, reading);
  const place = [node, reading] as const;
  const address = required(url, 'url', place);
  return { ...rest, name: required(name, 'name', place), url: address, headers, references };
});
