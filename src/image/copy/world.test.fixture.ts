import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copy, createMemoryStore, type GraphNode, readGraph } from '#content';
import type { Descriptor } from '#oci';
import type { ProgressEvent } from '#progress';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '#registry';
import { type DiskStore, openDiskStore } from '#store';
import { type RegistryOptions, startRegistry, type TestImage, type TestRegistry, tarOf } from '#testing';
import { parsePlace } from '../place/parse-place.ts';
import { withImagesAt } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { pushAll } from '../push/push.ts';
import type { PushOptions, PushResult } from '../push/push-result.ts';
import { copyImage } from './copy.ts';
import type { CopyOptions, CopyResult } from './copy-result.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

/** Places for a test, all gone afterwards. */
export class World {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'dray-copy-'));
  readonly events: ProgressEvent[] = [];
  readonly #registries: TestRegistry[] = [];
  readonly #clients: RegistryClient[] = [];

  async registry(options: RegistryOptions = {}): Promise<TestRegistry> {
    const registry = await startRegistry(options);
    this.#registries.push(registry);
    return registry;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  store(): Promise<DiskStore> {
    return openDiskStore({ root: this.path('store'), sync: false });
  }

  /** @param mirrors of every registry that is read from */
  places(mirrors: readonly string[] = []): Places {
    const client = (more: RegistryClientOptions): RegistryClient => {
      const made = createRegistryClient({ retries: 1, ...more });
      this.#clients.push(made);
      return made;
    };
    return {
      registries: client({ hosts: { named: { mirrors } } }),
      ...(mirrors.length > 0 && { targets: client({}) }),
      store: () => this.store(),
      scratch: () => openDiskStore({ root: this.path('scratch'), sync: false }),
      carrier: undefined,
      retries: 1,
      host: AMD64,
      sync: false,
    };
  }

  async copyAll(
    from: string,
    to: string,
    options: CopyOptions = {},
    places: Places = this.places(),
  ): Promise<readonly CopyResult[]> {
    const onEvent = (event: ProgressEvent): void => void this.events.push(event);
    return copyImage(from, to, places, { onEvent, ...options });
  }

  async copy(from: string, to: string, options: CopyOptions = {}, places?: Places): Promise<CopyResult> {
    const [result, ...others] = await this.copyAll(from, to, options, places);
    assert.ok(result !== undefined && others.length === 0);
    return result;
  }

  async push(names: string | readonly string[], options: PushOptions = {}): Promise<readonly PushResult[]> {
    const onEvent = (event: ProgressEvent): void => void this.events.push(event);
    return pushAll([names].flat(), this.places(), { onEvent, ...options });
  }

  /** The root of what stands at a place, read and verified with everything below it. */
  async readBack(text: string): Promise<{ readonly root: Descriptor; readonly nodes: readonly GraphNode[] }> {
    const how = { action: 'read', several: false };
    return withImagesAt(parsePlace(text, { plain: 'registry' }), this.places(), how, async ([{ source, root }]) => {
      const graph = await readGraph(source, root);
      await copy(source, createMemoryStore(), root);
      return graph;
    });
  }

  /** An archive as docker before version 25 saves it, without manifests. The layers of `image` are plain. */
  plainArchive(name: string, tag: string, { config, layers, blobs }: TestImage): string {
    const configBytes = blobs.get(config.digest);
    assert.ok(configBytes !== undefined);
    const configName = `${config.digest.slice(7)}.json`;
    const manifest = [{ Config: configName, RepoTags: [tag], Layers: layers.map((_, at) => `layer${at}/layer.tar`) }];
    const path = this.path(name);
    writeFileSync(
      path,
      tarOf([
        { name: configName, content: configBytes },
        ...layers.map(({ bytes }, at) => ({ name: `layer${at}/layer.tar`, content: bytes })),
        { name: 'manifest.json', content: JSON.stringify(manifest) },
      ]),
    );
    return path;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.#registries.map((registry) => registry.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
