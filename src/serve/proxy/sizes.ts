import type { Digest } from '#oci';
import type { StoredManifest } from '../storage/port.ts';
import { BoundedMap } from './bounded-map.ts';

const MOST = 100_000;

/** What manifests say of the sizes of blobs, so that an upstream need not be asked for each of them. They may be wrong. */
export class Sizes {
  readonly #sizes = new BoundedMap<string, number>(MOST);
  readonly #seen = new WeakSet<StoredManifest>();

  note(repository: string, manifest: StoredManifest): void {
    if (this.#seen.has(manifest)) return;
    this.#seen.add(manifest);
    for (const entry of entriesOf(manifest.bytes)) {
      const { digest, size } = (entry ?? {}) as { readonly digest?: unknown; readonly size?: unknown };
      if (typeof digest === 'string' && Number.isSafeInteger(size))
        this.#sizes.set(`${repository}@${digest}`, Number(size));
    }
  }

  get(repository: string, digest: Digest): number | undefined {
    return this.#sizes.get(`${repository}@${digest}`);
  }

  /** It was wrong. */
  forget(repository: string, digest: Digest): void {
    this.#sizes.delete(`${repository}@${digest}`);
  }
}

function entriesOf(bytes: Uint8Array): readonly unknown[] {
  try {
    const { config, layers, blobs } = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    return [config, layers, blobs].flat();
  } catch {
    return [];
  }
}
