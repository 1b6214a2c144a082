import type { Writable } from 'node:stream';
import { fold, isSettled, type ProgressEvent, type ProgressState, startProgress } from '#progress';
import type { Output } from '../context.ts';
import { type FrameOptions, frame } from './bars.ts';
import { LiveRegion } from './live-region.ts';

/** Bars on a terminal: a line per layer, and one for them all. Nothing is drawn before the next `tick`. */
export interface TtyProgress {
  event(event: ProgressEvent, now: number): void;
  /** To be called ten times a second. */
  tick(now: number): void;
  /** Prints a line above the bars, on the terminal that they are on. */
  print(to: Writable, line: string): void;
  /** Takes the bars away or, of a pull that failed, leaves the layers as they stood. */
  end(succeeded: boolean, now: number): void;
}

export function createTty(terminal: Output, first: FrameOptions['action'] = 'pull'): TtyProgress {
  const region = new LiveRegion(terminal);
  const hidden = new Set<string>();
  let state: ProgressState = startProgress();
  let action = first;
  let busy = false;
  return {
    event(event, now) {
      state = fold(state, event, now);
      if (event.kind === 'blob') busy = true;
      if (event.kind === 'image-started') action = event.action;
      // From here on docker's last lines stand for the layers of the image.
      if (event.kind !== 'image-done') return;
      for (const blob of state.blobs.values()) if (isSettled(blob)) hidden.add(blob.digest);
      region.draw(frame(state, { ...region.size, now, hidden, action, total: true }));
    },
    tick(now) {
      if (busy) region.draw(frame(state, { ...region.size, now, hidden, action, total: true }));
    },
    print(to, line) {
      region.above(to, `${line}\n`);
    },
    end(succeeded, now) {
      region.draw(succeeded ? [] : frame(state, { ...region.size, now, hidden, action, total: false }));
      region.leave();
    },
  };
}
