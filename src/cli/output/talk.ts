import { shortId } from '#oci';
import { type BlobRetry, humanSize, type ProgressEvent } from '#progress';
import type { LogLevel } from '../flags/global-flags.ts';
import { shortDuration } from './human.ts';
import { oneLine } from './printable.ts';

/** What dray says on stderr about an event beside docker's lines: one line, or nothing at this level. */
export function talkLine(event: ProgressEvent, level: LogLevel): string | undefined {
  const text = spoken(event);
  if (text === undefined || LEVELS.indexOf(text.level) < LEVELS.indexOf(level)) return undefined;
  return oneLine(text.line);
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'fatal'];

function spoken(event: ProgressEvent): { readonly level: LogLevel; readonly line: string } | undefined {
  switch (event.kind) {
    case 'warning':
      return { level: 'warn', line: `WARNING: ${event.text}` };
    case 'endpoint-failed':
      return { level: 'info', line: `${event.endpoint} failed (${event.reason}); asking the next endpoint` };
    case 'request-retry':
      return { level: 'info', line: `${event.request}: ${event.reason}; try ${event.attempt} ${inTime(event.delay)}` };
    case 'blob-retry':
      return { level: 'info', line: retried(event) };
    case 'debug':
      return { level: 'debug', line: `debug: ${event.text}` };
    default:
      return undefined;
  }
}

function retried({ digest, reason, received, attempt, delay }: BlobRetry): string {
  const from = received === 0 ? 'from the start' : `from ${humanSize(received)} on`;
  return `${shortId(digest)}: ${reason}; try ${attempt} ${inTime(delay)}, ${from}`;
}

function inTime(delay: number): string {
  return delay < 1000 ? 'at once' : `in ${shortDuration(delay / 1000)}`;
}
