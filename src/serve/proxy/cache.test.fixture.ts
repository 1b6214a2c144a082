import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import {
  buildImage,
  fillerBytes,
  type RegistryOptions,
  sealManifest,
  startRegistry,
  type TestGraph,
  type TestImage,
  type TestRegistry,
} from '#testing';
import type { Clock } from '#timing';
import { systemClock } from '#timing';
import { type Answer, served } from '../api/served.test.fixture.ts';
import { createMemoryStorage } from '../storage/memory/memory-storage.ts';
import type { RegistryStorage } from '../storage/port.ts';
import type { PullThroughEvent } from './events.ts';
import type { PullThroughOptions, UpstreamSettings } from './options.ts';
import { createPullThrough, type PullThrough } from './pull-through.ts';

/** A clock that can be put forward. */
export interface MovableClock extends Clock {
  advance(milliseconds: number): void;
}

export function movableClock(): MovableClock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
  };
}

export interface Cache {
  readonly registry: TestRegistry;
  readonly storage: RegistryStorage;
  readonly cache: PullThrough;
  readonly clock: MovableClock;
  readonly events: PullThroughEvent[];
  readonly folder: string;
  readonly port: number;
  ask(method: string, path: string, more?: { readonly headers?: Readonly<Record<string, string>> }): Promise<Answer>;
  /** Requests that the upstream has had, e.g. of `GET` `blob`. */
  asked(method: string, kind: string): number;
}

export interface CacheOptions extends Partial<PullThroughOptions> {
  /** Of the registry that is cached. */
  readonly registry?: RegistryOptions;
  /** In place of one that has every name. */
  readonly upstream?: Partial<UpstreamSettings>;
  readonly storage?: RegistryStorage;
}

/** A server in front of a test registry, `hub.example` by name, all of whose repositories it has under their own names. Until the test ends. */
export async function startCache(t: TestContext, options: CacheOptions = {}): Promise<Cache> {
  const { registry: served0, upstream, storage = createMemoryStorage(), ...settings } = options;
  const registry = await startRegistry(served0);
  t.after(() => registry.close());
  const folder = settings.folder ?? temporaryFolder();
  const clock = movableClock();
  const events: PullThroughEvent[] = [];
  const cache = createPullThrough(storage, {
    upstreams: [{ domain: 'hub.example', url: registry.url, prefix: '', ...upstream }],
    retries: 0,
    clock,
    onEvent: (event) => events.push(event),
    ...settings,
    folder,
  });
  t.after(() => cache.close());
  const { ask, port } = await served(t, {
    storage: cache,
    repositoryFor: (name, namespace) => cache.repositoryFor(name, namespace),
  });
  const asked = (method: string, kind: string): number =>
    registry.requests.filter((each) => each.method === method && each.kind === kind && each.status !== 401).length;
  return { registry, storage, cache, clock, events, folder, port, ask, asked };
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Gone after the file's tests: a cache that is closed still writes down what was used. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dray-cache-'));
  folders.push(folder);
  return folder;
}

/** An image whose layer has so many bytes, and that layer. */
export function imageOf(
  size: number,
  seed = 'one',
): { readonly image: TestImage; readonly layer: TestImage['layers'][0] } {
  const image = buildImage({ layers: [{ fill: size, seed, compression: 'none' }] });
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('an image has a layer');
  return { image, layer };
}

/** A repository with blobs and no image. */
export function blobsOnly(...sizes: readonly number[]): {
  readonly graph: TestGraph;
  readonly blobs: readonly Uint8Array[];
} {
  const blobs = sizes.map((size, index) => fillerBytes(size, `blob ${index}`));
  return { graph: sealManifest({}, { mediaType: 'x', blobs }), blobs };
}

export interface Received {
  readonly status: number;
  readonly body: Buffer;
  /** False: the connection was cut before the end. */
  readonly isWhole: boolean;
}

/** Reads a body as far as it comes. `onChunk` may end it by saying `leave`. */
export function receive(
  port: number,
  path: string,
  {
    headers = {},
    onBytes,
  }: { headers?: Record<string, string>; onBytes?: (bytes: number) => 'leave' | undefined } = {},
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const end = (isWhole: boolean): void =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), isWhole });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (onBytes?.(bytes) === 'leave') response.destroy();
      });
      response.on('end', () => end(response.complete));
      response.on('error', () => end(false));
      response.on('close', () => end(response.complete));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Resolves when `test` holds. */
export async function until(test: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await test()); ) {
    if (Date.now() > end) throw new Error('what was waited for did not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
