import type { DockerStepsOptions } from './docker-step.ts';
import type { ImageDone, ProgressEvent } from './events.ts';
import { PullLayers } from './pull-layers.ts';

export interface PullStepsOptions extends DockerStepsOptions {
  /** All tags of a repository: one status for them all, at the end. */
  readonly allTags: boolean;
}

/** What docker says while it pulls, from the events of a pull. */
export class PullSteps {
  readonly #options: PullStepsOptions;
  readonly #layers: PullLayers;
  /** With `allTags`: whether anything of the repository was downloaded. */
  readonly #repositories = new Map<string, boolean>();

  constructor(options: PullStepsOptions) {
    this.#options = options;
    this.#layers = new PullLayers(options);
  }

  event(event: ProgressEvent): void {
    if (event.kind === 'image-started') {
      const { label, repository } = event;
      this.#options.tell({ id: label, status: `Pulling from ${repository}`, isLayers: false });
    } else if (event.kind === 'image-planned') this.#layers.planned(event);
    else if (event.kind === 'image-done') this.#done(event);
    else if (event.kind === 'blob' && event.role === 'layer') this.#layers.changed(event);
    else if (event.kind === 'blob-retry' && event.role === 'layer') this.#layers.retried(event);
  }

  /** Tells what comes last: with `allTags` the status. */
  end(): void {
    for (const [name, downloaded] of this.#repositories) this.#line(statusOf(name, downloaded));
  }

  #done({ reference, digest, status }: ImageDone): void {
    this.#layers.settled(reference);
    this.#line(`Digest: ${digest}`);
    const downloaded = status === 'downloaded';
    if (!this.#options.allTags) return this.#line(statusOf(reference, downloaded));
    const name = nameOf(reference);
    this.#repositories.set(name, downloaded || this.#repositories.get(name) === true);
  }

  #line(status: string): void {
    this.#options.tell({ status, isLayers: false });
  }
}

function statusOf(name: string, downloaded: boolean): string {
  return `Status: ${downloaded ? 'Downloaded newer image' : 'Image is up to date'} for ${name}`;
}

/** A familiar or full name without tag and digest. */
export function nameOf(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}
