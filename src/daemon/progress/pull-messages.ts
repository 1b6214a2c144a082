import { printable, shortId } from '#oci';
import { type ProgressEvent, PullSteps } from '#progress';
import { movingMessage, stepMessage, type WriteMessage } from './step-message.ts';

export interface PullMessagesOptions {
  readonly write: WriteMessage;
  readonly allTags: boolean;
}

/**
 * A pull as docker's daemon tells it. Layers are not unpacked here, so nothing is said of that: each goes from its download to
 * being complete, in docker's order.
 */
export class PullMessages {
  readonly #write: WriteMessage;
  readonly #steps: PullSteps;
  readonly #warnings: string[] = [];
  #begun = false;

  constructor({ write, allTags }: PullMessagesOptions) {
    this.#write = write;
    this.#steps = new PullSteps({ tell: (step) => write(stepMessage(step)), layers: 'each', allTags });
  }

  /** True when the first image has been told of. */
  get begun(): boolean {
    return this.#begun;
  }

  event(event: ProgressEvent): void {
    if (event.kind === 'image-started') this.#begun = true;
    if (event.kind === 'warning') this.#warnings.push(event.text);
    else if (event.kind === 'blob-progress' && event.role === 'layer') {
      this.#write(movingMessage('Downloading', shortId(event.digest), event));
    } else this.#steps.event(event);
  }

  /** Tells what comes last: with `allTags` the status, then what docker warns of when all is there. */
  end(): void {
    this.#steps.end();
    for (const text of this.#warnings) {
      this.#write({ status: `WARNING: ${printable(text, Number.POSITIVE_INFINITY)}` });
    }
  }
}
