import { join } from 'node:path';
import { DrayError, messageOf } from '#errors';
import { systemClock } from '#timing';
import { createTransport, type HttpClient } from '#transport';
import { type ServerLog, silentLog } from '../log/server-log.ts';
import type { MetricFamily } from '../metrics/snapshot.ts';
import type { RegistryEvent, RegistryObserver } from '../port.ts';
import { Delivery } from './delivery.ts';
import { toldEvent, withReferences } from './envelope.ts';
import { EventFile } from './event-file.ts';
import type { WebhookEndpoint, WebhookOptions } from './options.ts';
import { Webhook, type WebhookFigures } from './webhook.ts';
import { webhookMetrics } from './webhook-metrics.ts';

/** Tells others of events. `happened` costs an answer nothing but a place in a queue; events are plain data and may come from other processes. */
export interface Webhooks extends RegistryObserver {
  happened(event: RegistryEvent): void;
  figures(): readonly WebhookFigures[];
  /** A source of metrics. */
  families(): readonly MetricFamily[];
  /** Tells what waits, each endpoint until an attempt fails, all until `signal` aborts; then lets go of files and connections. */
  close(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

const LIMIT = 10_000;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** The transport's own. */
const RESERVED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'user-agent',
  'expect',
  'upgrade',
]);

/**
 * Begins with what was left in `folder`. Throws INVALID_OPTION for endpoints that cannot be told anything, IO_FAILED where the folder cannot be used.
 */
export function createWebhooks(options: WebhookOptions): Webhooks {
  const { log = silentLog, clock = systemClock, limit = LIMIT, batch = 1, folder } = options;
  const endpoints = options.endpoints.filter(({ disabled }) => disabled !== true);
  for (const endpoint of endpoints) expectUsable(endpoint, folder !== undefined);
  const names = new Set(endpoints.map(({ name }) => name));
  if (names.size < endpoints.length) throw new DrayError('INVALID_OPTION', 'two webhooks have the same name');
  const client: HttpClient = options.send === undefined ? createTransport() : { send: options.send, close: () => {} };
  const hooks = endpoints.map((endpoint) => {
    const { file, pending } =
      folder === undefined
        ? { file: undefined, pending: [] }
        : openFile(join(folder, endpoint.name), endpoint.name, log);
    const delivery = new Delivery(endpoint, client.send);
    return new Webhook(endpoint, { delivery, file, pending, limit, batch, log, clock });
  });
  return {
    happened(event) {
      const { action, mediaType } = event;
      const wanted = hooks.filter((hook) => hook.wants(action, mediaType));
      if (wanted.length === 0) return;
      const told = toldEvent(event, { ...options, now: clock.now() });
      for (const hook of wanted) hook.add(hook.wantsReferences ? withReferences(told, event) : told);
    },
    figures: () => hooks.map((hook) => hook.figures()),
    families: () => webhookMetrics(hooks.map((hook) => hook.figures())),
    async close({ signal } = {}) {
      await Promise.all(hooks.map(async (hook) => hook.close(signal)));
      client.close();
    },
  };
}

function openFile(folder: string, endpoint: string, log: ServerLog): ReturnType<typeof EventFile.open> {
  const onLost = (reason: string): void =>
    log.warn('an event waits in memory alone: it cannot be kept in a file', { endpoint, reason });
  try {
    return EventFile.open(folder, onLost);
  } catch (error) {
    throw new DrayError('IO_FAILED', `opening the events that wait for the webhook ${endpoint}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Header values may be secrets: they are not shown. */
function expectUsable({ name, url, headers = {} }: WebhookEndpoint, isKept: boolean): void {
  const refuse = (why: string): never => {
    throw new DrayError('INVALID_OPTION', `the webhook ${JSON.stringify(name)} cannot be used: ${why}`);
  };
  if (name === '' || (isKept && !/^\w[\w.-]{0,99}$/.test(name)))
    refuse('its name must be of letters, digits, ".", "_" and "-"');
  if (!/^https?:$/.test(url.protocol)) refuse(`its URL begins with ${url.protocol}, not with http: or https:`);
  if (!isDecodable(url.username + url.password)) refuse('the name or password in its URL is not well encoded');
  for (const [header, values] of Object.entries(headers)) {
    if (!TOKEN.test(header)) refuse('a header name has characters that are not allowed');
    if (RESERVED.has(header.toLowerCase())) refuse(`the header ${header} cannot be set`);
    if (!values.every((value) => VALUE.test(value))) refuse(`the header ${header} has characters that are not allowed`);
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
