import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Graph, GraphNode } from '#content';
import { type Descriptor, digestOf, type Manifest, OCI_INDEX, OCI_MANIFEST, parsePlatform } from '#oci';
import { chooseFrom, type Wanted } from '../wanted.ts';
import { chooseManifests } from './choose-manifests.ts';

const HOST = { os: 'linux', architecture: 'amd64' };

/** `name` or `name=platform`; what is behind a colon is what its config says, and nothing of artifacts. */
interface Entry {
  readonly name: string;
  readonly platform?: string;
  readonly config?: string;
}

const entries = (...texts: readonly string[]): readonly Entry[] =>
  texts.map((text) => {
    const {
      name = '',
      platform,
      config,
    } = /^(?<name>\w+)(=(?<platform>[\w/]+))?(:(?<config>[\w/]+))?$/.exec(text)?.groups ?? {};
    return { name, ...(platform !== undefined && { platform }), ...(config !== undefined && { config }) };
  });

function wanted(...platforms: readonly string[]): Wanted {
  return { platforms: platforms.map((text) => parsePlatform(text, HOST)), named: true };
}

function descriptorOf({ name, platform }: Entry): Descriptor {
  const descriptor = { mediaType: OCI_MANIFEST, digest: digestOf(name), size: 1 };
  return platform === undefined ? descriptor : { ...descriptor, platform: parsePlatform(platform, HOST) };
}

/** Goes the way a pull goes: what is read of the index, then what is chosen of that. Gives names. */
async function choose(all: readonly Entry[], what: Wanted): Promise<readonly string[]> {
  const index = { mediaType: OCI_INDEX, manifests: all.map(descriptorOf) } as const;
  const documents = new Map(all.map((entry) => [entry.name, { config: entry } as unknown as Manifest]));
  const nodes = chooseFrom(index, what).map((descriptor): GraphNode => {
    const name = all.find((entry) => digestOf(entry.name) === descriptor.digest)?.name ?? '';
    const manifest = documents.get(name);
    assert.ok(manifest !== undefined);
    return { descriptor, bytes: Buffer.from(name), manifest };
  });
  const root = { mediaType: OCI_INDEX, digest: digestOf('root'), size: 1 };
  const graph: Graph = { root, nodes: [...nodes, { descriptor: root, bytes: Buffer.from(''), index }] };
  const chosen = await chooseManifests(graph, {
    wanted: what,
    what: 'app:1',
    platformIn: async (manifest) => {
      const { config } = manifest.config as unknown as Entry;
      return config === undefined ? undefined : parsePlatform(config, HOST);
    },
  });
  return chosen.map(({ bytes }) => Buffer.from(bytes).toString());
}

describe('which manifests of an index are taken', () => {
  const cases: readonly (readonly [index: string, platforms: string, expected: string])[] = [
    ['a=linux/amd64 b=linux/arm64', 'linux/arm64', 'b'],
    ['a=linux/amd64 b=linux/arm64', 'linux/arm64 linux/amd64', 'b a'],
    ['a:linux/arm64 b:linux/amd64', 'linux/amd64', 'b'],
    ['a:linux/arm64 b:linux/amd64', 'linux/amd64 linux/arm64', 'b a'],
    ['a:linux/amd64 b=linux/amd64', 'linux/amd64', 'b'],
    ['a=linux/arm64 b:linux/amd64', 'linux/amd64', 'b'],
    ['a:linux/arm64', 'linux/amd64', 'a'],
    ['a b:linux/amd64 c:linux/arm64', 'linux/amd64', 'b'],
    ['a=linux/amd64 a=linux/arm64', 'linux/amd64', 'a'],
    ['a=linux/amd64 a=linux/arm64', 'linux/arm64', 'a'],
    ['a:linux/386 b:linux/arm64', 'linux/amd64', 'a'],
  ];
  for (const [index, platforms, expected] of cases) {
    test(`${index} for ${platforms}`, async () => {
      assert.deepEqual(
        await choose(entries(...index.split(' ')), wanted(...platforms.split(' '))),
        expected.split(' '),
      );
    });
  }

  test('what there is stands in the error, also what only configs say', async () => {
    await assert.rejects(
      choose(entries('a:linux/arm64', 'b:windows/amd64', 'c=linux/s390x', 'd'), wanted('linux/amd64')),
      {
        code: 'PLATFORM_UNKNOWN',
        message: /; it has linux\/s390x, linux\/arm64, windows\/amd64$/,
      },
    );
  });

  test('a bounded number of configs is looked at', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => ({ name: `m${at}`, config: 'linux/arm64' }));
    const index = { mediaType: OCI_INDEX, manifests: many.map(descriptorOf) } as const;
    assert.equal(chooseFrom(index, wanted('linux/amd64')).length, 32);
    await assert.rejects(choose(many, wanted('linux/amd64')), { code: 'PLATFORM_UNKNOWN' });
  });
});
