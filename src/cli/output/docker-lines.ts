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
export interface DockerLines {
  event(event: ProgressEvent): void;
  /** Prints what comes last: with `allTags` the status, then the full names. */
  end(fullNames: readonly string[]): void;
}

type LayerState = BlobState['state'];

export function createDockerLines({ print, layers, allTags }: DockerLinesOptions): DockerLines {
  const states = new Map<Digest, LayerState>();
  /** Layers in docker's order that have begun and are not yet told as complete. */
  const pending: Digest[] = [];
  const layersOf = new Map<string, Set<Digest>>();
  /** Layers of images of which everything is here: docker says nothing of those. */
  const silent = new Set<Digest>();
  const loud = new Set<Digest>();
  const told = new Set<Digest>();
  /** With `allTags`: whether anything of the repository was downloaded. */
  const repositories = new Map<string, boolean>();

  const each = (digest: Digest, text: string): void => {
    if (layers === 'each') print(`${shortId(digest)}: ${text}`);
  };

  function planned({ reference, layers: all, present, total }: ImagePlanned): void {
    const known = layersOf.get(reference) ?? new Set();
    layersOf.set(reference, known);
    for (const { digest } of all) {
      known.add(digest);
      (present >= total ? silent : loud).add(digest);
    }
  }

  function layer({ digest, state }: BlobState): void {
    const before = states.get(digest);
    // A layer that was brought is found to be there when another endpoint, or another image, wants it.
    const came = state === 'exists' && before !== undefined && before !== 'exists';
    states.set(digest, came ? 'done' : state);
    if (came) return complete();
    if (state === 'exists') {
      if (before === undefined && (loud.has(digest) || !silent.has(digest))) each(digest, 'Already exists');
      return;
    }
    if (before === undefined || before === 'exists') {
      pending.push(digest);
      each(digest, 'Pulling fs layer');
    }
    if (state === 'waiting') each(digest, 'Waiting');
    else if (state === 'verifying') each(digest, 'Verifying Checksum');
    else if (state === 'done') {
      each(digest, 'Download complete');
      complete();
    }
  }

  /** docker unpacks layers in their order, so none is complete before those under it. */
  function complete(): void {
    while (pending[0] !== undefined && states.get(pending[0]) === 'done') {
      each(pending[0], 'Pull complete');
      pending.shift();
    }
  }

  function retry({ digest, delay }: BlobRetry): void {
    const seconds = Math.max(1, Math.ceil(delay / 1000));
    each(digest, `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}`);
  }

  function lastOfLayers(reference: string): void {
    for (const digest of layersOf.get(reference) ?? []) {
      const state = states.get(digest);
      if (told.has(digest) || (state === 'exists' && !loud.has(digest))) continue;
      if (state === 'exists') print(`${shortId(digest)}: Already exists`);
      else if (state === 'done') print(`${shortId(digest)}: Pull complete`);
      told.add(digest);
    }
  }

  function done(event: ImageDone): void {
    if (layers === 'last') lastOfLayers(event.reference);
    print(`Digest: ${event.digest}`);
    const { reference, status } = event;
    const downloaded = status === 'downloaded';
    if (!allTags) print(statusLine(reference, downloaded));
    else repositories.set(nameOf(reference), downloaded || repositories.get(nameOf(reference)) === true);
  }

  return {
    event(event) {
      if (event.kind === 'notice') print(oneLine(event.text));
      else if (event.kind === 'image-started') print(`${event.label}: Pulling from ${event.repository}`);
      else if (event.kind === 'image-planned') planned(event);
      else if (event.kind === 'image-done') done(event);
      else if (event.kind === 'blob' && event.role === 'layer') layer(event);
      else if (event.kind === 'blob-retry' && event.role === 'layer') retry(event);
    },
    end(fullNames) {
      for (const [name, downloaded] of repositories) print(statusLine(name, downloaded));
      for (const name of fullNames) print(name);
    },
  };
}

function statusLine(name: string, downloaded: boolean): string {
  return `Status: ${downloaded ? 'Downloaded newer image' : 'Image is up to date'} for ${name}`;
}

/** A familiar reference without tag and digest. */
export function nameOf(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^/]*$/, '');
}
