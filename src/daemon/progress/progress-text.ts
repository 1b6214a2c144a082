import { humanSize } from '#progress';

const BAR = 50;

/** What docker draws of bytes done, for clients that draw nothing of their own: `[====>     ]  36.41kB/3.002MB`. */
export function progressText(current: number, total: number): string {
  if (current <= 0 && total <= 0) return '';
  const done = humanSize(current).padStart(8);
  if (total <= 0) return done;
  const filled = Math.min(BAR, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const bar = `[${'='.repeat(filled)}>${' '.repeat(BAR - filled)}]`;
  return `${bar} ${current > total ? done : `${done}/${humanSize(total)}`}`;
}
