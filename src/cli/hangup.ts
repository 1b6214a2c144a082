import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Has SIGHUP call `listener`; `onGone` where the terminal that this process began at is gone, which is the other reason for that signal. */
export function listenForHangups(listener: () => void, onGone: () => void): void {
  const isAtTerminal = [0, 1, 2].some((fd) => isatty(fd));
  process.on('SIGHUP', () => (isAtTerminal && !hasTerminal() ? onGone : listener)());
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
