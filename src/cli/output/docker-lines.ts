import { type Digest, shortId } from '#oci';
import type { BlobRetry, BlobState, ImageDone, ImagePlanned, ProgressEvent } from '#progress';
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
  readonly #options: DockerLinesOptions;
  readonly #layers: LayerLines;
  /** With `allTags`: whether anything of the repository was downloaded. */
  readonly #repositories = new Map<string, boolean>();

  constructor(options: DockerLinesOptions) {
    this.#options = options;
    this.#layers = new LayerLines(options);
  }

  event(event: ProgressEvent): void {
    const { print } = this.#options;
    if (event.kind === 'notice') print(oneLine(event.text));
    else if (event.kind === 'image-started') print(`${event.label}: Pulling from ${event.repository}`);
    else if (event.kind === 'image-planned') this.#layers.planned(event);
    else if (event.kind === 'image-done') this.#done(event);
    else if (event.kind === 'blob' && event.role === 'layer') this.#layers.changed(event);
    else if (event.kind === 'blob-retry' && event.role === 'layer') this.#layers.retried(event);
  }

  /** Prints what comes last: with `allTags` the status, then the full names. */
  end(fullNames: readonly string[]): void {
    const { print } = this.#options;
    for (const [name, downloaded] of this.#repositories) print(statusLine(name, downloaded));
    for (const name of fullNames) print(name);
  }

  #done({ reference, digest, status }: ImageDone): void {
    const { print, allTags } = this.#options;
    this.#layers.settled(reference);
    print(`Digest: ${digest}`);
    const downloaded = status === 'downloaded';
    if (!allTags) return print(statusLine(reference, downloaded));
    const name = nameOf(reference);
    this.#repositories.set(name, downloaded || this.#repositories.get(name) === true);
  }
}

/** The lines of layers. */
class LayerLines {
  readonly #print: (line: string) => void;
  readonly #each: boolean;
  readonly #states = new Map<Digest, BlobState['state']>();
  /** Layers in docker's order that have begun and are not yet told as complete. */
  readonly #pending: Digest[] = [];
  readonly #layersOf = new Map<string, Set<Digest>>();
  /** Layers of images of which everything is here: docker says nothing of those. */
  readonly #silent = new Set<Digest>();
  readonly #loud = new Set<Digest>();
  readonly #told = new Set<Digest>();

  constructor({ print, layers }: DockerLinesOptions) {
    this.#print = print;
    this.#each = layers === 'each';
  }

  planned({ reference, layers, present, total }: ImagePlanned): void {
    const known = this.#layersOf.get(reference) ?? new Set();
    this.#layersOf.set(reference, known);
    for (const { digest } of layers) {
      known.add(digest);
      (present >= total ? this.#silent : this.#loud).add(digest);
    }
  }

  changed({ digest, state }: BlobState): void {
    const before = this.#states.get(digest);
    // A layer that was brought is found to be there when another endpoint, or another image, wants it.
    const came = state === 'exists' && before !== undefined && before !== 'exists';
    this.#states.set(digest, came ? 'done' : state);
    if (came) return this.#complete();
    if (state === 'exists') {
      const known = this.#loud.has(digest) || !this.#silent.has(digest);
      if (before === undefined && known) this.#change(digest, 'Already exists');
      return;
    }
    if (before === undefined || before === 'exists') {
      this.#pending.push(digest);
      this.#change(digest, 'Pulling fs layer');
    }
    if (state === 'waiting') this.#change(digest, 'Waiting');
    else if (state === 'verifying') this.#change(digest, 'Verifying Checksum');
    else if (state === 'done') {
      this.#change(digest, 'Download complete');
      this.#complete();
    }
  }

  retried({ digest, delay }: BlobRetry): void {
    const seconds = Math.max(1, Math.ceil(delay / 1000));
    this.#change(digest, `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`);
  }

  /** The image is done: where changes were not told, each of its layers gets its one line. */
  settled(reference: string): void {
    if (this.#each) return;
    for (const digest of this.#layersOf.get(reference) ?? []) {
      const state = this.#states.get(digest);
      if (this.#told.has(digest) || (state === 'exists' && !this.#loud.has(digest))) continue;
      if (state === 'exists') this.#print(`${shortId(digest)}: Already exists`);
      else if (state === 'done') this.#print(`${shortId(digest)}: Pull complete`);
      this.#told.add(digest);
    }
  }

  #change(digest: Digest, text: string): void {
    if (this.#each) this.#print(`${shortId(digest)}: ${text}`);
  }

  /** docker unpacks layers in their order, so none is complete before those under it. */
  #complete(): void {
    for (;;) {
      const [first] = this.#pending;
      if (first === undefined || this.#states.get(first) !== 'done') return;
      this.#change(first, 'Pull complete');
      this.#pending.shift();
    }
  }
}

function statusLine(name: string, downloaded: boolean): string {
  return `Status: ${downloaded ? 'Downloaded newer image' : 'Image is up to date'} for ${name}`;
}

/** A familiar or full name without tag and digest. */
export function nameOf(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}
