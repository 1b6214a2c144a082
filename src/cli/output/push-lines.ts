import { type Digest, shortId } from '#oci';
import type { BlobRetry, BlobState, ImageDone, ImagePlanned, ImageStarted, ProgressEvent } from '#progress';
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
  readonly #options: PushLinesOptions;
  /** What each layer is called: by what it is when uncompressed, as docker does. */
  readonly #ids = new Map<Digest, string>();
  /** The layers of the image at hand, top layer first. */
  #layers: string[] = [];
  #last = new Map<string, string>();
  #repository = '';

  constructor(options: PushLinesOptions) {
    this.#options = options;
  }

  event(event: ProgressEvent): void {
    if (event.kind === 'notice') this.#options.print(oneLine(event.text));
    else if (event.kind === 'image-started') this.#started(event);
    else if (event.kind === 'image-planned') this.#planned(event);
    else if (event.kind === 'image-done') this.#done(event);
    else if (event.kind === 'blob' && event.role === 'layer') this.#changed(event);
    else if (event.kind === 'blob-retry' && event.role === 'layer') this.#retried(event);
  }

  #started({ reference, repository, action }: ImageStarted): void {
    const { print } = this.#options;
    if (action === 'copy') return print(`Copying ${oneLine(reference)} to ${oneLine(repository)}`);
    if (repository !== this.#repository) print(`The push refers to repository [${repository}]`);
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
    const id = this.#nameOf(digest);
    const pushed = action === 'push' ? 'Pushed' : 'Copied';
    if (state === 'waiting' && action === 'push') this.#change(id, 'Waiting');
    else if (state === 'exists') this.#settle(id, action === 'push' ? 'Layer already exists' : 'Already exists');
    else if (state === 'mounted') this.#settle(id, from === undefined ? 'Mounted' : `Mounted from ${oneLine(from)}`);
    else if (state === 'skipped') this.#settle(id, 'Skipped foreign layer');
    else if (state === 'done') this.#settle(id, pushed);
  }

  #retried({ digest, delay }: BlobRetry): void {
    const seconds = Math.max(1, Math.ceil(delay / 1000));
    this.#change(this.#nameOf(digest), `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`);
  }

  #done({ digest, size, label, reference }: ImageDone): void {
    const { print, action, layers } = this.#options;
    if (layers === 'last') {
      for (const id of this.#layers) {
        const text = this.#last.get(id);
        if (text !== undefined) print(`${id}: ${text}`);
      }
    }
    this.#layers = [];
    this.#last = new Map();
    if (action === 'push') print(`${label ?? reference}: digest: ${digest} size: ${size ?? 0}`);
    else print(`Digest: ${digest}`);
  }

  #settle(id: string, text: string): void {
    // A layer that was brought is found to be there when it is wanted again: by another platform's image, or at another try.
    if (this.#last.has(id)) return;
    this.#last.set(id, text);
    this.#change(id, text);
  }

  #change(id: string, text: string): void {
    if (this.#options.layers === 'each') this.#options.print(`${id}: ${text}`);
  }

  #nameOf(digest: Digest): string {
    return this.#ids.get(digest) ?? shortId(digest);
  }
}
