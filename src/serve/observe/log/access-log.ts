import { type Clock, systemClock } from '#timing';
import type { AnswerRecord, RegistryEvent, RegistryObserver } from '../port.ts';
import type { LineSink } from './line-sink.ts';
import { apacheText, jsonText } from './log-text.ts';
import { maskedUrl } from './masked-url.ts';
import { createTimeText, type TimeText } from './time-text.ts';

export interface AccessLogOptions {
  /** `json`: an object per answered request, and one per push, pull, mount and delete; `combined`: Apache's, as distribution prints it. */
  readonly format: 'json' | 'combined';
  readonly sink: LineSink;
  /** False: no lines for events, only for requests; true by default. Blobs have none but where they are mounted or deleted. */
  readonly events?: boolean | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

const URL_LIMIT = 2048;
const TEXT_LIMIT = 512;

/**
 * One line for each answered request, when its answer is over: who asked what, and what came of it. What clients write cannot end a line
 * or steer a terminal; headers with credentials are not looked at, and parameters that hold some are masked.
 */
export function createAccessLog(options: AccessLogOptions): RegistryObserver {
  const { format, sink, events = true, clock = systemClock } = options;
  const times = createTimeText();
  if (format === 'combined') return { answered: (record) => sink.write(combinedLine(record, clock.now(), times)) };
  return {
    answered: (record) => sink.write(jsonLine(record, clock.now(), times)),
    ...(events && {
      happened: (event) => {
        if (isToldOf(event)) sink.write(eventLine(event, clock.now(), times));
      },
    }),
  };
}

/** The line of its request tells all there is to tell of a blob that was pushed or pulled, and of a look at a manifest. */
function isToldOf({ kind, action, request }: RegistryEvent): boolean {
  if (request.method === 'HEAD') return false;
  return kind !== 'blob' || action === 'mount' || action === 'delete';
}

function jsonLine(record: AnswerRecord, now: number, times: TimeText): string {
  const { facts, repository, actor, status } = record;
  const level = status >= 500 ? 'error' : 'info';
  return (
    `{"time":"${times.iso(now)}","level":"${level}","msg":"request","id":${text(facts.id)},"method":${text(facts.method)}` +
    `,"url":${jsonText(maskedUrl(record.url), URL_LIMIT)},"route":${text(record.route)}${optional('repository', repository)}` +
    `,"status":${status},"sent":${record.sent},"received":${record.received},"duration_ms":${milliseconds(record.duration)}` +
    `,"remote":${text(facts.address)},"host":${text(facts.host)},"user_agent":${text(facts.userAgent)}${optional('actor', actor)}` +
    `${record.aborted ? ',"aborted":true' : ''}}`
  );
}

function eventLine(event: RegistryEvent, now: number, times: TimeText): string {
  const { request } = event;
  return (
    `{"time":"${times.iso(now)}","level":"info","msg":"${event.action}","id":${text(request.id)},"kind":"${event.kind}"` +
    `,"repository":${text(event.repository)}${optional('tag', event.tag)}${optional('digest', event.digest)}` +
    optional('media_type', event.mediaType === '' ? undefined : event.mediaType) +
    `${event.size === undefined ? '' : `,"size":${event.size}`}${optional('from', event.fromRepository)}` +
    `,"remote":${text(request.address)}${optional('actor', event.actor)}}`
  );
}

/** The referrer is not among what is known of a request; registries' clients send none. */
function combinedLine(record: AnswerRecord, now: number, times: TimeText): string {
  const { facts } = record;
  const request = `${apacheText(facts.method, TEXT_LIMIT)} ${apacheText(maskedUrl(record.url), URL_LIMIT)} HTTP/1.1`;
  const user = record.actor === undefined || record.actor === '' ? '-' : word(record.actor);
  return (
    `${word(addressOf(facts.address))} - ${user} [${times.apache(now)}] "${request}" ${record.status} ${record.sent}` +
    ` "" "${apacheText(facts.userAgent, TEXT_LIMIT)}"`
  );
}

function text(value: string): string {
  return jsonText(value, TEXT_LIMIT);
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${jsonText(value, TEXT_LIMIT)}`;
}

function milliseconds(duration: number): number {
  return Math.round(duration * 1000) / 1000;
}

/** Without its port and brackets. */
function addressOf(address: string): string {
  const colon = address.lastIndexOf(':');
  const host = colon < 0 ? address : address.slice(0, colon);
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** Outside of quotes a blank would begin the next field. */
function word(value: string): string {
  return apacheText(value, TEXT_LIMIT).replaceAll(' ', '\\x20') || '-';
}
