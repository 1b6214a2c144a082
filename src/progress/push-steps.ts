import { type Digest, printable, shortId } from '#oci';
import { type DockerStepsOptions, retryStatus } from './docker-step.ts';
import type { BlobState, ImageDone, ImagePlanned, ImageStarted, ProgressEvent } from './events.ts';

export interface PushStepsOptions extends DockerStepsOptions {
  /** Docker's words for a push; a copy is told in the same way. */
  readonly action: 'push' | 'copy';
}

/** What docker says while it pushes, from the events of a push; and of a copy the same, with what is copied where. */
export class PushSteps {
  readonly #options: PushStepsOptions;
  /** What each layer is called: by what it is when uncompressed, as docker does. */
  readonly #ids = new Map<Digest, string>();
  /** The layers of the image at hand, top layer first. */
  #layers: string[] = [];
  #last = new Map<string, string>();
  #repository = '';

  constructor(options: PushStepsOptions) {
    this.#options = options;
  }

  event(event: ProgressEvent): void {
    if (event.kind === 'image-started') this.#started(event);
    else if (event.kind === 'image-planned') this.#planned(event);
    else if (event.kind === 'image-done') this.#done(event);
    else if (event.kind === 'blob' && event.role === 'layer') this.#changed(event);
    else if (event.kind === 'blob-retry' && event.role === 'layer') {
      this.#change(this.idOf(event.digest), retryStatus(event.delay));
    }
  }

  /** What a layer is called. */
  idOf(digest: Digest): string {
    return this.#ids.get(digest) ?? shortId(digest);
  }

  #started({ reference, repository, action }: ImageStarted): void {
    if (action === 'copy') return this.#line(`Copying ${oneLine(reference)} to ${oneLine(repository)}`);
    if (repository !== this.#repository) this.#line(`The push refers to repository [${repository}]`);
    this.#repository = repository;
  }

  /** Comes again where layers were compressed: they are called the same then. */
  #planned({ layers, diffIds }: ImagePlanned): void {
    const fresh: string[] = [];
    for (const [at, { digest }] of layers.entries()) {
      const id = this.#ids.get(digest) ?? shortId(diffIds?.[at] ?? digest);
      this.#ids.set(digest, id);
      if (!this.#layers.includes(id) && !fresh.includes(id)) fresh.unshift(id);
    }
    this.#layers.push(...fresh);
    if (this.#options.action === 'push') for (const id of fresh) this.#change(id, 'Preparing');
  }

  #changed({ digest, state, from }: BlobState): void {
    const { action } = this.#options;
    const id = this.idOf(digest);
    const pushed = action === 'push' ? 'Pushed' : 'Copied';
    if (state === 'waiting' && action === 'push') this.#change(id, 'Waiting');
    else if (state === 'exists') this.#settle(id, action === 'push' ? 'Layer already exists' : 'Already exists');
    else if (state === 'mounted') this.#settle(id, from === undefined ? 'Mounted' : `Mounted from ${oneLine(from)}`);
    else if (state === 'skipped') this.#settle(id, 'Skipped foreign layer');
    else if (state === 'done') this.#settle(id, pushed);
  }

  #done({ digest, size, label, reference }: ImageDone): void {
    const { action, layers } = this.#options;
    if (layers === 'last') {
      for (const id of this.#layers) {
        const status = this.#last.get(id);
        if (status !== undefined) this.#step(id, status);
      }
    }
    this.#layers = [];
    this.#last = new Map();
    if (action === 'push') this.#line(`${label ?? reference}: digest: ${digest} size: ${size ?? 0}`);
    else this.#line(`Digest: ${digest}`);
  }

  #settle(id: string, status: string): void {
    // A layer that was brought is found to be there when it is wanted again: by another platform's image, or at another try.
    if (this.#last.has(id)) return;
    this.#last.set(id, status);
    this.#change(id, status);
  }

  #change(id: string, status: string): void {
    if (this.#options.layers === 'each') this.#step(id, status);
  }

  #step(id: string, status: string): void {
    this.#options.tell({ id, status, isLayers: true });
  }

  #line(status: string): void {
    this.#options.tell({ status, isLayers: false });
  }
}

function oneLine(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY);
}
