import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistryClient } from '#registry';
import { openDiskStore } from '#store';
import type { Places } from '../places.ts';

/** A folder for one test and the places in it; gone with `close`. */
export class TestPlaces {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'dray-load-'));
  #count = 0;
  readonly #registries = createRegistryClient({ hosts: { named: {} }, retries: 0 });

  /** @param name of the store */
  at(name = 'store'): Places {
    const open = async (root: string): ReturnType<Places['store']> => openDiskStore({ root, sync: false });
    return {
      registries: this.#registries,
      store: () => open(join(this.folder, name)),
      scratch: () => open(join(this.folder, 'scratch')),
      carrier: undefined,
      host: { os: 'linux', architecture: 'amd64' },
      sync: false,
    };
  }

  /** With a store that nobody has used. */
  next(): Places {
    this.#count += 1;
    return this.at(`store-${this.#count}`);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  close(): void {
    this.#registries.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
