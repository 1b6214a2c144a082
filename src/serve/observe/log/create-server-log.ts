import { type Clock, systemClock } from '#timing';
import type { LineSink } from './line-sink.ts';
import { jsonText } from './log-text.ts';
import type { LogFields, LogLevel, ServerLog } from './server-log.ts';
import { createTimeText } from './time-text.ts';

export interface ServerLogOptions {
  readonly sink: LineSink;
  /** Messages below it are dropped; `info` by default. */
  readonly level?: LogLevel | undefined;
  /** distribution's formatters; `text` by default. */
  readonly format?: LogFormat | undefined;
  /** Said of every message. */
  readonly fields?: LogFields | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

export type LogFormat = 'text' | 'json' | 'logstash';

type Written = (level: LogLevel, message: string, fields: LogFields) => string;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const TEXT_LIMIT = 4096;
/** What needs no quotes in a line of text. */
const BARE = /^[\w./:@^+-]+$/;

/** A log of lines, one per message whatever is in it. */
export function createServerLog(options: ServerLogOptions): ServerLog {
  const { sink, level = 'info', format = 'text', fields = {}, clock = systemClock } = options;
  const times = createTimeText();
  const lines = FORMATS[format](() => times.iso(clock.now()));
  const lowest = LEVELS.indexOf(level);
  const logOf = (own: LogFields): ServerLog => {
    const at = (each: LogLevel): ServerLog[LogLevel] =>
      LEVELS.indexOf(each) < lowest
        ? () => {}
        : (message, more) => sink.write(lines(each, message, more === undefined ? own : { ...own, ...more }));
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (more) => logOf({ ...own, ...more }),
    };
  };
  return logOf(fields);
}

const FORMATS: Readonly<Record<LogFormat, (time: () => string) => Written>> = {
  text: (time) => (level, message, fields) =>
    `time="${time()}" level=${nameOf(level)} msg=${textValue(message)}${known(fields)
      .map(([name, value]) => ` ${fieldName(name)}=${textValue(value)}`)
      .join('')}`,
  json: (time) => (level, message, fields) =>
    `{${jsonFields(fields)}"level":"${nameOf(level)}","msg":${jsonValue(message)},"time":"${time()}"}`,
  logstash: (time) => (level, message, fields) =>
    `{"@timestamp":"${time()}","@version":"1",${jsonFields(fields)}"level":"${nameOf(level)}","message":${jsonValue(message)}}`,
};

/** The name that distribution's log has for a level. */
function nameOf(level: LogLevel): string {
  return level === 'warn' ? 'warning' : level;
}

function known(fields: LogFields): readonly (readonly [string, string | number | boolean])[] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function jsonFields(fields: LogFields): string {
  return known(fields)
    .map(([name, value]) => `${jsonText(name, TEXT_LIMIT)}:${jsonValue(value)},`)
    .join('');
}

function jsonValue(value: string | number | boolean): string {
  return typeof value === 'string' ? jsonText(value, TEXT_LIMIT) : JSON.stringify(value);
}

function textValue(value: string | number | boolean): string {
  const text = String(value);
  return BARE.test(text) && text.length <= TEXT_LIMIT ? text : jsonText(text, TEXT_LIMIT);
}

function fieldName(name: string): string {
  return BARE.test(name) ? name : jsonText(name, TEXT_LIMIT);
}
