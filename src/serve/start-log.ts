import type { Writable } from 'node:stream';
import { DrayError, messageOf } from '#errors';
import { quoted } from '#oci';
import { createAccessLog } from './observe/log/access-log.ts';
import { createServerLog } from './observe/log/create-server-log.ts';
import { createLineSink, type LineSink } from './observe/log/line-sink.ts';
import { fileTarget, streamTarget } from './observe/log/line-targets.ts';
import { type ServerLog, silentLog } from './observe/log/server-log.ts';
import { lineMetrics, type MetricSource } from './observe/metrics/metrics.ts';
import type { RegistryObserver } from './observe/port.ts';
import type { AccessLogSettings, LogSettings } from './settings.ts';

/** Where a process writes; what is missing is not written. */
export interface Streams {
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
}

export interface Logs {
  /** What the server says of itself: to stderr. */
  readonly log: ServerLog;
  /** Undefined: requests are not logged. */
  readonly access: RegistryObserver | undefined;
  /** How many lines were lost. */
  readonly source: MetricSource;
  /** Log rotation has moved the files away. */
  reopen(): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** Rejects with IO_FAILED where a file cannot be written. */
export function openLogs(settings: LogSettings, streams: Streams): Logs {
  const { format, level, fields } = settings;
  const sinks: Record<string, LineSink> = {};
  let log = silentLog;
  if (format !== 'none' && streams.stderr !== undefined) {
    const sink = createLineSink(streamTarget(streams.stderr));
    sinks['server'] = sink;
    log = createServerLog({ sink, level, format, fields });
  }
  const access = settings.access && accessSink(settings.access, streams, log);
  if (access !== undefined) sinks['access'] = access;
  return {
    log,
    access: access && createAccessLog({ format: settings.access?.format ?? 'combined', sink: access }),
    source: lineMetrics(sinks),
    reopen() {
      for (const sink of Object.values(sinks)) sink.reopen();
    },
    async close() {
      await Promise.all(Object.values(sinks).map(async (sink) => sink.close()));
    },
  };
}

function accessSink({ to }: AccessLogSettings, streams: Streams, log: ServerLog): LineSink | undefined {
  const gap = (count: number): undefined => {
    log.warn('lines of the access log were lost', { count });
    return undefined;
  };
  if (to === 'stdout' || to === 'stderr') {
    const stream = streams[to];
    return stream && createLineSink(streamTarget(stream), { gap });
  }
  try {
    return createLineSink(fileTarget(to), { gap });
  } catch (cause) {
    throw new DrayError('IO_FAILED', `cannot write the access log ${quoted(to)}: ${messageOf(cause)}`, { cause });
  }
}
