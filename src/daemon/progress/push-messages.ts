import type { PushedImage } from '#engine';
import { type ImageDone, type ProgressEvent, PushSteps } from '#progress';
import { movingMessage, stepMessage, type WriteMessage } from './step-message.ts';

/** A push as docker's daemon tells it. */
export class PushMessages {
  readonly #write: WriteMessage;
  readonly #steps: PushSteps;

  constructor(write: WriteMessage) {
    this.#write = write;
    this.#steps = new PushSteps({ tell: (step) => write(stepMessage(step)), layers: 'each', action: 'push' });
  }

  event(event: ProgressEvent): void {
    if (event.kind === 'blob-progress' && event.role === 'layer') {
      this.#write(movingMessage('Pushing', this.#steps.idOf(event.digest), event));
      return;
    }
    this.#steps.event(event);
    if (event.kind === 'image-done') this.#write({ progressDetail: {}, aux: pushedImage(event) });
  }
}

function pushedImage({ label = '', digest, size = 0 }: ImageDone): PushedImage {
  return { Tag: label, Digest: digest, Size: size };
}
