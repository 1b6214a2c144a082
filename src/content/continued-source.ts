import { pour } from '#bytes';
import { type Clock, systemClock } from '#timing';
import { createBlobReport } from './blob-report.ts';
import { continued } from './continued.ts';
import type { CallOptions, Source } from './ports.ts';

export interface ContinuedSourceOptions extends CallOptions {
  readonly retries?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A source whose blobs go on where a connection broke: for readers that take bytes once, in order. */
export function continuedSource(source: Source, options: ContinuedSourceOptions = {}): Source {
  const { retries = 5, clock = systemClock, onEvent } = options;
  return {
    has: (target, call) => source.has(target, call),
    fetch(target, call) {
      const report = createBlobReport(target, 'layer', onEvent);
      const offset = call?.offset ?? 0;
      const bytes = continued(source, target, { report, retries, clock, offset, signal: call?.signal });
      return Promise.resolve({
        offset,
        [Symbol.asyncIterator]: () => bytes,
        pour: (sink) => pour(bytes, sink),
      });
    },
  };
}
