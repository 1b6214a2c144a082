import type { TestContext } from 'node:test';
import { encodeRegistryAuth, type RegistryAuth } from '#engine';
import { shortId } from '#oci';
import { buildImage, type RegistryOptions, startRegistry, type TestImage, type TestRegistry } from '#testing';
import { startTestEngine, type TestAnswer, type TestEngine } from '../engine.test.fixture.ts';

/** An engine with an empty store, and a registry to pull from. */
export interface World {
  readonly engine: TestEngine;
  readonly registry: TestRegistry;
  pull(name: string, tag: string, more?: Readonly<Record<string, string>>, auth?: RegistryAuth): Promise<TestAnswer>;
}

export async function world(t: TestContext, options: RegistryOptions): Promise<World> {
  const registry = await startRegistry(options);
  t.after(() => registry.close());
  const engine = await startTestEngine(t, { retries: 1 });
  return {
    engine,
    registry,
    pull: (name, tag, more = {}, auth = {}) => {
      const headers = { 'X-Registry-Auth': encodeRegistryAuth(auth) };
      return engine.ask('POST', pathOf(registry.reference(name), tag, more), { headers });
    },
  };
}

export function pathOf(name: string, tag: string, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ fromImage: name, ...(tag !== '' && { tag }), ...more });
  return `/v1.50/images/create?${query.toString()}`;
}

/** Messages as the docker command prints them where there is no terminal. */
export function printed(answer: Pick<TestAnswer, 'lines'>): readonly string[] {
  return answer
    .lines()
    .filter(({ progress }) => progress === undefined)
    .map(({ id, status: text, error }) => [id, text ?? error].filter(Boolean).join(': '));
}

const NONE = 'sha256:none';

export const twoLayers: TestImage = buildImage({
  layers: [{ files: [{ name: 'a', content: 'a'.repeat(5000) }] }, { files: [{ name: 'b', content: 'b' }] }],
  config: { Labels: { version: '0.1' } },
});

/** Short IDs of its layers. */
export const BELOW: string = shortId(twoLayers.layers[0]?.digest ?? NONE);
export const ABOVE: string = shortId(twoLayers.layers[1]?.digest ?? NONE);
