import { type ProgressEvent, PushSteps } from '#progress';
import { stepLine } from './docker-lines.ts';
import { oneLine } from './printable.ts';

export interface PushLinesOptions {
  /** Takes one line, without its end. */
  readonly print: (line: string) => void;
  /** `each`: a line for every change of a layer, as docker prints where there is no terminal; `last`: only the last one of each. */
  readonly layers: 'each' | 'last';
  /** Docker's words for a push; a copy is told in the same way. */
  readonly action: 'push' | 'copy';
}

/** What docker prints while it pushes, from the events of a push; and of a copy the same, with what is copied where. */
export class PushLines {
  readonly #print: PushLinesOptions['print'];
  readonly #steps: PushSteps;

  constructor({ print, layers, action }: PushLinesOptions) {
    this.#print = print;
    this.#steps = new PushSteps({ tell: (step) => print(stepLine(step)), layers, action });
  }

  event(event: ProgressEvent): void {
    if (event.kind === 'notice') this.#print(oneLine(event.text));
    else this.#steps.event(event);
  }
}
