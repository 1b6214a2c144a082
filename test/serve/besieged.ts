import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { openFiles } from '../process-status.ts';
import { type Client, digestOf, OCI_MANIFEST } from './client.ts';
import type { StartOptions } from './registry-process.ts';
import { served } from './served.ts';

/** Where the image is that every attack has to leave as it was. */
const CANARY = 'canary/image';

export interface BesiegedOptions extends StartOptions {
  /** `Authorization` of somebody who may do everything. */
  readonly credentials?: string | undefined;
}

/**
 * A registry for attacks. After each test it must answer, hold the image that it acknowledged before, have kept its memory small, and have
 * told and written nothing that it should not.
 */
export function besieged(
  { credentials, ...options }: BesiegedOptions = {},
  prepare?: (client: Client) => Promise<void>,
): Client {
  let manifest: Buffer = Buffer.alloc(0);
  const client = served(options, async (pusher) => {
    pusher.credentials = credentials;
    manifest = await pusher.pushImage(CANARY, 'latest');
    await prepare?.(pusher);
  });
  afterEach(async () => {
    client.credentials = credentials;
    assert.equal((await client.get('/v2/')).status, 200);
    const answer = await client.get(`/v2/${CANARY}/manifests/latest`, { accept: OCI_MANIFEST });
    assert.deepEqual(answer.body, manifest, `the image is another one: ${answer.status}`);
    const { layers } = JSON.parse(manifest.toString()) as { readonly layers: readonly { readonly digest: string }[] };
    for (const { digest } of layers) {
      const blob = await client.get(`/v2/${CANARY}/blobs/${digest}`);
      assert.equal(digestOf(blob.body), digest, `the layer is another one: ${blob.status}`);
    }
    client.registry.checkManners();
  });
  return client;
}

/** An answer that refuses: 4xx. */
export function checkRefused(status: number | undefined, what: string): void {
  assert.ok(status !== undefined && status >= 400 && status < 500, `${status} for ${what}`);
}

/** Waits until the server has let go of connections and files of those that have gone. */
export async function checkClosed({ registry }: Client): Promise<void> {
  const open = (): number => openFiles(registry.pid);
  for (const end = Date.now() + 30_000; open() > 60; ) {
    assert.ok(Date.now() < end, `${open()} files and connections are open`);
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}
