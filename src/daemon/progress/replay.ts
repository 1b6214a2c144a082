import type { ProgressMessage } from '#engine';
import type { WriteMessage } from './step-message.ts';

/** What was said so far, for those who come later: every line, and of each layer the last. As small as what is on docker's terminal. */
export class Replay {
  readonly #messages = new Map<string, ProgressMessage>();

  add(message: ProgressMessage): void {
    const { id, progressDetail } = message;
    const isLayers = id !== undefined && progressDetail !== undefined;
    this.#messages.set(isLayers ? `layer ${id}` : `line ${this.#messages.size}`, message);
  }

  play(write: WriteMessage): void {
    for (const message of this.#messages.values()) write(message);
  }
}
