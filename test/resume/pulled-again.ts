import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CountingProxy,
  slow,
  startCountingProxy,
  startRegistry,
  type TestImage,
  type TestRegistry,
} from 'dray/testing';
import { checkArchive } from '../hostile/archive-check.ts';
import { type Ended, type RunOptions, runDray } from '../hostile/run-dray.ts';

const MiB = 1 << 20;

/** A registry behind a proxy that counts, and one user's folder. */
export interface Scene {
  readonly image: TestImage;
  readonly registry: TestRegistry;
  readonly proxy: CountingProxy;
  readonly folder: string;
  /** `NAME:TAG` through the proxy. */
  reference(name: string): string;
  close(): Promise<void>;
}

/** The image is `app:1`. @param rate bytes per second and connection */
export async function openScene(image: TestImage, rate: number): Promise<Scene> {
  const registry = await startRegistry({ images: { 'app:1': image }, faults: [slow(rate, { kind: 'blob' })] });
  const proxy = await startCountingProxy(registry.host);
  const folder = mkdtempSync(join(tmpdir(), 'dray-resume-'));
  return {
    image,
    registry,
    proxy,
    folder,
    reference: (name) => `${proxy.host}/${name}`,
    async close() {
      await Promise.all([proxy.close(), registry.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where a pull goes, and how it is looked at there. */
export interface Output {
  readonly name: string;
  readonly flags: readonly string[];
  /** Fails unless the whole image is there. */
  check(scene: Scene): void;
}

const archive = (scene: Scene): void => checkArchive(readFileSync(join(scene.folder, 'app.tar')), scene.image);
export const OUTPUTS: readonly [store: Output, straight: Output, layout: Output] = [
  { name: 'the store', flags: ['-o', 'app.tar'], check: archive },
  { name: 'a file without the store', flags: ['--no-store', '-o', 'app.tar'], check: archive },
  { name: 'an OCI layout', flags: ['--no-store', '--as', 'oci-dir', '-o', 'layout'], check: checkLayout },
];

function checkLayout({ folder, image }: Scene): void {
  const blobs = join(folder, 'layout/blobs/sha256');
  const names = readdirSync(blobs);
  for (const name of names) {
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(blobs, name)))
        .digest('hex'),
      name,
    );
  }
  for (const digest of image.blobs.keys()) assert.ok(names.includes(digest.slice('sha256:'.length)), digest);
}

/** One run of the same pull. */
export function pull(scene: Scene, output: Output, options: Partial<RunOptions> = {}): Promise<Ended> {
  const flags = ['--insecure', '--platform', 'linux/amd64', '--progress', 'json'];
  return runDray(['pull', ...flags, scene.reference('app:1'), ...output.flags], { folder: scene.folder, ...options });
}

/** Kills a pull with `signal` as soon as the registry has served `bytes` more, or when `milliseconds` have gone. */
export async function pullUntil(
  scene: Scene,
  output: Output,
  stop: { readonly signal: NodeJS.Signals; readonly bytes: number; readonly milliseconds?: number },
): Promise<Ended> {
  const before = scene.registry.served.bytes;
  const started = performance.now();
  const { milliseconds = Number.POSITIVE_INFINITY } = stop;
  let timer: NodeJS.Timeout | undefined;
  const ended = await pull(scene, output, {
    onStart: (child) => {
      timer = setInterval(() => {
        const late = performance.now() - started >= milliseconds;
        if (late || scene.registry.served.bytes - before >= stop.bytes) {
          clearInterval(timer);
          child.kill(stop.signal);
        }
      }, 3);
    },
  });
  clearInterval(timer);
  return ended;
}

/** Digests of the layers that a run said were there, whole. */
export function finishedIn({ stderr }: Ended): readonly string[] {
  return stderr.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.endsWith('}')) return [];
    const event = JSON.parse(line) as { kind: string; state?: string; digest?: string };
    return event.kind === 'blob' && event.state === 'done' && event.digest !== undefined ? [event.digest] : [];
  });
}

/** Fails when more of a layer was served than it has, and 1 MiB for each connection that brought a part of it. */
export function checkServed({ registry, image }: Scene): void {
  for (const { digest, bytes } of image.layers) {
    const connections = new Set(
      registry.requests.filter(({ reference }) => reference === digest).map((r) => r.connection),
    );
    const served = registry.served.of(digest);
    const most = bytes.length + connections.size * MiB;
    assert.ok(served <= most, `${served} bytes of ${bytes.length} over ${connections.size} connections`);
  }
}

/** Blob requests of a layer that were cut off: how many bytes came is neither none nor all. */
export function cutInside(requests: TestRegistry['requests'], image: TestImage): boolean {
  const sizes = new Map<string, number>(image.layers.map(({ digest, bytes }) => [digest, bytes.length]));
  return requests.some(({ reference, headers, sent }) => {
    const size = sizes.get(reference);
    if (size === undefined) return false;
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    const asked = (last === '' ? size : Number(last) + 1) - Number(first);
    return sent > 0 && sent < asked;
  });
}

export function noFile({ folder }: Scene): void {
  assert.ok(!existsSync(join(folder, 'app.tar')), 'a file is there that is not complete');
}

/** The same numbers in [0, 1) at every run. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
