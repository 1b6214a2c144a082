import { type DockerStep, type ProgressEvent, PullSteps } from '#progress';
import { oneLine } from './printable.ts';

export interface DockerLinesOptions {
  /** Takes one line, without its end. */
  readonly print: (line: string) => void;
  /** `each`: a line for every change of a layer, as docker prints where there is no terminal; `last`: only the last one of each. */
  readonly layers: 'each' | 'last';
  /** All tags of a repository: one status for them all, at the end. */
  readonly allTags: boolean;
}

/** What docker prints while it pulls, from the events of a pull. */
export class DockerLines {
  readonly #print: DockerLinesOptions['print'];
  readonly #steps: PullSteps;

  constructor({ print, layers, allTags }: DockerLinesOptions) {
    this.#print = print;
    this.#steps = new PullSteps({ tell: (step) => print(stepLine(step)), layers, allTags });
  }

  event(event: ProgressEvent): void {
    if (event.kind === 'notice') this.#print(oneLine(event.text));
    else this.#steps.event(event);
  }

  /** Prints what comes last: with `allTags` the status, then the full names. */
  end(fullNames: readonly string[]): void {
    this.#steps.end();
    for (const name of fullNames) this.#print(name);
  }
}

/** As the docker command prints what its daemon says. */
export function stepLine({ id, status }: DockerStep): string {
  return id === undefined ? status : `${id}: ${status}`;
}
