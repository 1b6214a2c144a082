import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { buildArtifact, buildImage, buildIndex, status, type TestGraph } from '#testing';
import { LookWorld } from '../files/look-world.test.fixture.ts';
import { listTags, type TagsOptions } from '../tags.ts';
import { compareVersions, tagVersion } from './tag-version.ts';
import { versionRange } from './version-range.ts';

describe('versions', () => {
  test('in semver.org’s order', () => {
    const ordered =
      '0.9 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1 v1.0.1 1.2 1.10 2.0.0-rc.1 2 10.0'.split(
        ' ',
      );
    const versions = ordered.map((tag) => tagVersion(tag));
    for (const [at, version] of versions.entries()) {
      const next = versions[at + 1];
      assert.ok(version !== undefined, ordered[at]);
      if (next !== undefined) assert.ok(compareVersions(version, next) < 0, `${ordered[at]} < ${ordered[at + 1]}`);
    }
  });

  for (const tag of ['latest', '', 'v', '1.', '1.2.3.4', '01', 'edge-1.2', '1.2.x', `1.${'9'.repeat(99)}`]) {
    test(`${tag.slice(0, 20)} is none`, () => assert.equal(tagVersion(tag), undefined));
  }

  const ranges: readonly (readonly [range: string, inside: string, outside: string])[] = [
    ['^1.2', '1.2.0 1.2 1.9.9', '1.1.9 2.0.0 1.3.0-rc.1 0.9'],
    ['^0.2.3', '0.2.3 0.2.9', '0.3.0 0.2.2'],
    ['^0.0.3', '0.0.3', '0.0.4'],
    ['^0', '0.1.0 0.9.9', '1.0.0'],
    ['~1.2.3', '1.2.3 1.2.99', '1.3.0 1.2.2'],
    ['~1', '1.0.0 1.99', '2.0.0'],
    ['1.x', '1.0 1.99.1', '2 0.9'],
    ['1.2.*', '1.2.0 1.2.9', '1.3.0'],
    ['1.2', '1.2.0 1.2.9', '1.3.0 1.1.0'],
    ['1.2.3', '1.2.3 v1.2.3', '1.2.4'],
    ['>=1.2 <2', '1.2.0 1.9', '2.0.0 1.1'],
    ['> 1.2', '1.3.0 2', '1.2.9'],
    ['>1.2.3', '1.2.4', '1.2.3'],
    ['<=1.2', '1.2.9 1.0', '1.3.0'],
    ['1.2 - 1.4', '1.2.0 1.4.9', '1.5.0 1.1.9'],
    ['^1.2 || ^3', '1.2.0 3.1', '2.0.0'],
    ['>=1.2.0-rc.1', '1.2.0-rc.1 1.2.0-rc.2 1.2.0 1.3', '1.2.0-beta 1.3.0-rc.1'],
    ['*', '1 2.3', '1.0-rc.1'],
  ];
  for (const [range, inside, outside] of ranges) {
    test(range, () => {
      const isIn = versionRange(range);
      const passes = (tag: string): boolean => {
        const version = tagVersion(tag);
        assert.ok(version !== undefined);
        return isIn(version);
      };
      for (const tag of inside.split(' ')) assert.equal(passes(tag), true, tag);
      for (const tag of outside.split(' ')) assert.equal(passes(tag), false, tag);
    });
  }
  for (const range of ['latest', '^', '1.2.3.4', '>=a', '<>1']) {
    test(`${range} is no range`, () => assert.throws(() => versionRange(range), { code: 'INVALID_OPTION' }));
  }
});

describe('tags of a repository', () => {
  let world: LookWorld;
  beforeEach(() => {
    world = new LookWorld();
  });
  afterEach(() => world.close());

  const made = (created: string | undefined, seed: string): TestGraph =>
    buildImage({ layers: [{ files: [{ name: seed }] }], editConfig: (config) => ({ ...config, created }) });

  async function tagsOf(images: Readonly<Record<string, TestGraph>>, options: TagsOptions): Promise<string> {
    const named = Object.fromEntries(Object.entries(images).map(([tag, image]) => [`app:${tag}`, image]));
    const registry = await world.registry({ images: named });
    return (await listTags(`${registry.host}/app`, world.places, options)).join(' ');
  }

  const image = buildImage();
  const some = Object.fromEntries(['1.10', '1.9', '2.0-rc1', 'latest', 'edge', '1.9.1'].map((tag) => [tag, image]));
  const cases: readonly (readonly [options: TagsOptions, expected: string])[] = [
    [{ filter: '1.*', sort: 'name' }, '1.10 1.9 1.9.1'],
    [{ filter: '/^[a-z]+$/', sort: 'name' }, 'edge latest'],
    [{ sort: 'semver' }, '2.0-rc1 1.10 1.9.1 1.9 edge latest'],
    [{ sort: 'semver', limit: 2 }, '2.0-rc1 1.10'],
    [{ semver: '1.x', sort: 'semver' }, '1.10 1.9.1 1.9'],
    [{ semver: '^1.9', newest: 1 }, '1.10'],
    [{ newest: 2, sort: 'name' }, '1.10 2.0-rc1'],
    [{ filter: 'nothing' }, ''],
  ];
  for (const [options, expected] of cases) {
    test(JSON.stringify(options), async () => assert.equal(await tagsOf(some, options), expected));
  }

  test('by date, what has none last', async () => {
    const images = {
      old: made('2020-01-01T00:00:00Z', 'a'),
      new: buildIndex([
        buildImage({ platform: { os: 'linux', architecture: 's390x' } }),
        buildImage({ editConfig: (config) => ({ ...config, created: '2026-02-01T00:00:00Z' }) }),
      ]),
      mid: made('2023-06-01T00:00:00.5+02:00', 'b'),
      never: made(undefined, 'c'),
      chart: buildArtifact({ artifactType: 'application/vnd.example' }),
    };
    assert.equal(await tagsOf(images, { sort: 'date' }), 'new mid old chart never');
    assert.equal(await tagsOf(images, { sort: 'date', newest: 2 }), 'new mid');
  });

  test('an image of many tags is looked at once', async () => {
    const registry = await world.registry({
      images: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`app:t${at}`, image])),
    });
    await listTags(`${registry.host}/app`, world.places, { sort: 'date' });
    assert.equal(registry.requests.filter(({ kind }) => kind === 'blob').length, 1);
  });

  test('patterns and ranges that are none are refused before anything is asked', async () => {
    const registry = await world.registry({ images: { 'app:1': image }, faults: [status(500)] });
    for (const options of [{ filter: '/(/' }, { filter: '[a' }, { semver: 'one' }]) {
      await assert.rejects(listTags(`${registry.host}/app`, world.places, options), { code: 'INVALID_OPTION' });
    }
    assert.equal(registry.requests.length, 0);
  });
});
