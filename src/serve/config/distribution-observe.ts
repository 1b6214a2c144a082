import type { HealthCheckSettings, HealthSettings, LogSettings, WebhookSettings } from '../settings.ts';
import { part, unsupported } from './distribution-readers.ts';
import { placeOf } from './place-of.ts';
import { duration, file, listOf, mapOf, oneOf, type Read, refusal, text, toggle, whole } from './readers.ts';

export const LOG_LEVEL: Read<LogSettings['level']> = oneOf('error', 'warn', 'info', 'debug');

const log = part({
  level: LOG_LEVEL,
  formatter: oneOf('text', 'json', 'logstash'),
  fields: mapOf(text),
  accesslog: part({ disabled: toggle }),
  reportcaller: unsupported('lines of the log name no functions', /^false$/),
  hooks: unsupported('have another program read the log, and send mails'),
});

/** `log` of distribution. Its access log is on unless it is switched off. */
export const readLog: Read<Partial<LogSettings>> = (node, reading) => {
  const { level, formatter, fields, accesslog } = log(node, reading);
  return {
    ...(level !== undefined && { level }),
    ...(formatter !== undefined && { format: formatter }),
    ...(fields !== undefined && { fields }),
    ...(accesslog?.disabled !== undefined && {
      access: accesslog.disabled ? undefined : { format: 'combined', to: 'stdout' },
    }),
  };
};

const endpoint = part({
  name: text,
  disabled: toggle,
  url: text,
  headers: mapOf(listOf(text)),
  timeout: duration,
  threshold: whole(0),
  backoff: duration,
  ignoredmediatypes: listOf(text),
  ignore: part({ mediatypes: listOf(text), actions: listOf(oneOf('push', 'pull', 'mount', 'delete')) }),
});
const notifications = part({ events: part({ includereferences: toggle }), endpoints: listOf(endpoint) });

/** `notifications` of distribution. */
export const readNotifications: Read<readonly WebhookSettings[]> = (node, reading) => {
  const { events, endpoints = [] } = notifications(node, reading);
  const references = events?.includereferences ?? false;
  return endpoints.flatMap((each, index) => {
    const { name = `endpoint-${index}`, url, headers = {}, timeout, threshold, backoff, ignore } = each;
    if (each.disabled === true) return [];
    if (url === undefined) throw refusal(node, reading, `endpoints.${index} needs a url`);
    const mediaTypes = [...(each.ignoredmediatypes ?? []), ...(ignore?.mediatypes ?? [])];
    const actions = ignore?.actions ?? [];
    return [{ name, url, headers, timeout, threshold, backoff, ignore: { mediaTypes, actions }, references }];
  });
};

const times = { interval: duration, threshold: whole(0) };
const health = part({
  storagedriver: part({ enabled: toggle, ...times }),
  file: listOf(part({ file, ...times })),
  http: listOf(
    part({ uri: text, headers: mapOf(listOf(text)), statuscode: whole(100, 599), timeout: duration, ...times }),
  ),
  tcp: listOf(part({ addr: text, timeout: duration, ...times })),
});

/** `health` of distribution. */
export const readHealth: Read<Partial<HealthSettings>> = (node, reading) => {
  const { storagedriver, file: files = [], http = [], tcp = [] } = health(node, reading);
  const needs = (kind: string, key: string): never => {
    throw refusal(node, reading, `${kind} needs ${key}`);
  };
  const checks: readonly HealthCheckSettings[] = [
    ...files.map(({ file: path = needs('file', 'file'), ...rest }) => ({ kind: 'file', path, ...rest }) as const),
    ...http.map(({ uri: url = needs('http', 'uri'), statuscode: status, headers, ...rest }) => {
      const flat = headers && Object.fromEntries(Object.entries(headers).map(([name, all]) => [name, all.join(', ')]));
      return { kind: 'http', url, status, headers: flat, ...rest } as const;
    }),
    ...tcp.map(({ addr = needs('tcp', 'addr'), ...rest }) => {
      const place = placeOf(addr) ?? needs('tcp', 'addr, HOST:PORT');
      return { kind: 'tcp', ...place, ...rest } as const;
    }),
  ];
  return { checks, ...(storagedriver?.enabled !== undefined && { storage: storagedriver.enabled }) };
};
