/** One thing that docker says of images while they are moved. */
export interface DockerStep {
  /** Of a layer its short ID, at the start of a pull the tag; undefined where a line begins with nothing. */
  readonly id?: string;
  readonly status: string;
  /** A layer's next step, in place of the one before; all others are lines of their own. */
  readonly isLayers: boolean;
}

export interface DockerStepsOptions {
  /** Takes the steps, in their order. Texts of others in them are one line without control characters. */
  readonly tell: (step: DockerStep) => void;
  /** `each`: a step for every change of a layer; `last`: only the last one of each, when its image is done. */
  readonly layers: 'each' | 'last';
}

/** Docker's words for a try that failed. `delay` in milliseconds. */
export function retryStatus(delay: number): string {
  const seconds = Math.max(1, Math.ceil(delay / 1000));
  return `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`;
}
