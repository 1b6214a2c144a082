export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Plain values that go with a message. What is undefined is left out. No secrets: they are written as they are. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** What the server says of itself, for whoever runs it. No method throws or waits. */
export interface ServerLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log, which says these of each of its messages too. */
  with(fields: LogFields): ServerLog;
}

const nothing = (): void => {};

export const silentLog: ServerLog = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  with: () => silentLog,
};
