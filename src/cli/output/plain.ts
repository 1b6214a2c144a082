import { fold, type ProgressEvent, type ProgressState, startProgress } from '#progress';
import { summary } from './summary.ts';

const FIRST_AFTER = 2_000;
const EVERY = 5_000;

/** For logs, where nothing can be drawn over: a line after two seconds, and every five from then on, while bytes are wanted. */
export interface PlainProgress {
  event(event: ProgressEvent, now: number): void;
  /** To be called now and then: prints when a line is due. */
  tick(now: number): void;
}

const DONE = {
  pull: 'pulled',
  push: 'pushed',
  copy: 'copied',
  load: 'loaded',
  unpack: 'unpacked',
  export: 'read',
} as const;

export function createPlain(print: (line: string) => void, action: keyof typeof DONE = 'pull'): PlainProgress {
  let state: ProgressState = startProgress();
  let due: number | undefined;
  return {
    event(event, now) {
      state = fold(state, event, now);
      if (event.kind === 'blob' && event.state === 'started') due ??= now + FIRST_AFTER;
    },
    tick(now) {
      if (due === undefined || now < due || state.received >= state.total) return;
      print(`${DONE[action]} ${summary(state, now)}`);
      due = now + EVERY;
    },
  };
}
