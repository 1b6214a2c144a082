import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Answer, checkError } from './client.ts';
import { served } from './served.ts';

const name = 'tags/of/this';
const TAGS = [
  '0',
  '10',
  '2',
  'A',
  'Z',
  '_',
  'a',
  'a-b',
  'a.b',
  'a0',
  'aa',
  'b',
  'latest',
  'v1.0',
  'v1.10',
  'v1.2',
  'z',
];
/** In the order of their bytes. */
const sorted = TAGS.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
/** Either order of the two is lexical. */
const byLetters = TAGS.toSorted((one, other) => one.localeCompare(other, 'en'));
const repositories = Array.from({ length: 7 }, (_, index) => `catalog/r${index}`);

const client = served({}, async (pusher) => {
  const image = await pusher.image(name);
  for (const tag of TAGS) assert.equal((await pusher.putManifest(name, tag, image)).status, 201);
  for (const repository of repositories) await pusher.pushImage(repository, 'latest');
});

function tagsOf(answer: Answer): readonly string[] {
  assert.equal(answer.status, 200, answer.text);
  const document = JSON.parse(answer.text) as { readonly name: string; readonly tags: readonly string[] };
  assert.equal(document.name, name);
  assert.ok(Array.isArray(document.tags));
  return document.tags;
}

/** Where the Link leads, exactly as a client would follow it. */
function nextOf(answer: Answer, from: string): string | undefined {
  const link = answer.headers['link'];
  if (link === undefined) return undefined;
  const found = /^<([^>]+)>; *rel="?next"?$/.exec(String(link));
  assert.ok(found !== null, String(link));
  const url = new URL(String(found[1]), new URL(from, client.registry.origin));
  return `${url.pathname}${url.search}`;
}

async function walk(
  start: string,
  names: (answer: Answer) => readonly string[],
  most: number,
): Promise<readonly string[]> {
  const all: string[] = [];
  for (let at: string | undefined = start; at !== undefined; ) {
    const answer = await client.get(at);
    const page = names(answer);
    assert.ok(page.length <= most, `${page.length} of ${most}`);
    all.push(...page);
    at = nextOf(answer, at);
    assert.ok(all.length <= 1_000, 'the pages do not end');
  }
  return all;
}

describe('lists of tags', () => {
  it('gives all of them in order', async () => {
    const answer = await client.get(`/v2/${name}/tags/list`);
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
    const tags = tagsOf(answer);
    assert.ok(
      [sorted, byLetters].some((order) => order.join() === tags.join()),
      tags.join(),
    );
    assert.equal(answer.headers['link'], undefined);
  });

  for (const n of [1, 2, 5, TAGS.length - 1, TAGS.length, 1_000])
    it(`gives all of them in pages of ${n}`, async () => {
      assert.deepEqual(await walk(`/v2/${name}/tags/list?n=${n}`, tagsOf, n), sorted);
    });

  it('has no next page behind the last one', async () => {
    assert.equal((await client.get(`/v2/${name}/tags/list?n=${TAGS.length}`)).headers['link'], undefined);
    assert.notEqual((await client.get(`/v2/${name}/tags/list?n=${TAGS.length - 1}`)).headers['link'], undefined);
  });

  it('gives nothing for n=0, and no next page', async () => {
    const answer = await client.get(`/v2/${name}/tags/list?n=0`);
    assert.deepEqual(tagsOf(answer), []);
    assert.equal(answer.headers['link'], undefined);
  });

  for (const last of ['a', 'A', 'z', 'aaa', '!', '~', 'nothing-of-this-name'])
    it(`goes on after "${last}"`, async () => {
      const after = sorted.filter((tag) => Buffer.compare(Buffer.from(tag), Buffer.from(last)) > 0);
      assert.deepEqual(tagsOf(await client.get(`/v2/${name}/tags/list?last=${last}`)), after);
      assert.deepEqual(tagsOf(await client.get(`/v2/${name}/tags/list?n=2&last=${last}`)), after.slice(0, 2));
    });

  for (const n of ['-1', 'x', '1.5', '0x10', '1e3', '', '%20', '99999999999999999999', '2147483648'])
    it(`refuses n=${n}, or makes something of it`, async () => {
      const answer = await client.get(`/v2/${name}/tags/list?n=${n}`);
      if (answer.status === 200) assert.ok(tagsOf(answer).length <= TAGS.length);
      else checkError(answer, 400);
      if (n === '-1') assert.equal(answer.status, 400);
    });

  it('does not know a repository', async () => {
    checkError(await client.get('/v2/tags/of/nothing/tags/list'), 404, 'NAME_UNKNOWN');
    checkError(await client.get('/v2/tags/of/tags/list'), 404, 'NAME_UNKNOWN');
  });

  it('keeps a repository whose last tag is gone, with no tags', async () => {
    const other = client.name();
    await client.pushImage(other, 'only');
    assert.equal((await client.ask('DELETE', `/v2/${other}/manifests/only`)).status, 202);
    const answer = await client.get(`/v2/${other}/tags/list`);
    if (answer.status === 404) checkError(answer, 404, 'NAME_UNKNOWN');
    else assert.deepEqual((JSON.parse(answer.text) as { tags: unknown }).tags, []);
  });

  it('has no tags where manifests came by digest alone', async () => {
    const other = client.name();
    await client.pushImage(other, undefined);
    const answer = await client.get(`/v2/${other}/tags/list`);
    assert.deepEqual(JSON.parse(answer.text), { name: other, tags: [] });
  });
});

describe('the catalog', () => {
  const namesOf = (answer: Answer): readonly string[] => {
    assert.equal(answer.status, 200, answer.text);
    return (JSON.parse(answer.text) as { repositories: readonly string[] }).repositories;
  };

  it('has every repository, in order', async () => {
    const all = namesOf(await client.get('/v2/_catalog'));
    assert.deepEqual(all.toSorted(), all);
    for (const one of [name, ...repositories]) assert.ok(all.includes(one), one);
  });

  for (const n of [1, 3, 100])
    it(`comes in pages of ${n}`, async () => {
      const all = await walk(`/v2/_catalog?n=${n}`, namesOf, n);
      assert.deepEqual(all, namesOf(await client.get('/v2/_catalog?n=1000')));
    });

  it('goes on after a name that need not be there', async () => {
    assert.deepEqual(namesOf(await client.get('/v2/_catalog?n=2&last=catalog/r2')), ['catalog/r3', 'catalog/r4']);
    assert.deepEqual(namesOf(await client.get('/v2/_catalog?n=1&last=catalog/r2a')), ['catalog/r3']);
    assert.deepEqual(namesOf(await client.get('/v2/_catalog?n=5&last=zzz')), []);
  });

  for (const n of ['-1', 'x', '99999999999999999999'])
    it(`refuses n=${n}, or makes something of it`, async () => {
      const answer = await client.get(`/v2/_catalog?n=${n}`);
      if (answer.status !== 200) checkError(answer, 400, 'PAGINATION_NUMBER_INVALID');
      if (n === '-1') assert.equal(answer.status, 400);
    });
});
