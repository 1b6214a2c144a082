import { humanSize, type ProgressState, secondsLeft, speedOf } from '#progress';
import { shortDuration } from './human.ts';

/** All transfers in one line: `120.3MB of 321.6MB (37%), 24.1MB/s, 8s left, 3 of 7 layers`. */
export function summary(state: ProgressState, now: number): string {
  const { total, received, layers } = state;
  const percent = total === 0 ? 100 : Math.floor((received * 100) / total);
  const speed = speedOf(state, now);
  const left = secondsLeft(state, now);
  return [
    `${humanSize(received)} of ${humanSize(total)} (${percent}%)`,
    ...(speed === undefined ? [] : [`${humanSize(speed, 3)}/s`]),
    ...(left === undefined ? [] : [`${shortDuration(left)} left`]),
    `${layers.done} of ${layers.total} layer${layers.total === 1 ? '' : 's'}`,
  ].join(', ');
}
