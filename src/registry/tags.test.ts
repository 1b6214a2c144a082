import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { ProgressEvent } from '#progress';
import {
  answerWith,
  buildImage,
  cutAfter,
  type Fault,
  type RegistryRequest,
  reply,
  startRegistry,
  type TestRegistry,
} from '#testing';
import { createRepository } from './repository.ts';
import type { Endpoint, OpenRepository } from './types.ts';

const registries: TestRegistry[] = [];
const repositories: OpenRepository[] = [];
after(async () => {
  for (const repository of repositories) repository.close();
  await Promise.all(registries.map((registry) => registry.close()));
});

interface Setting {
  readonly faults?: readonly Fault[];
  readonly pageSize?: number;
  readonly prefix?: string;
  readonly endpoint?: Partial<Endpoint>;
}

async function open({
  faults,
  pageSize,
  prefix,
  endpoint,
}: Setting = {}): Promise<{ registry: TestRegistry; repository: OpenRepository }> {
  const image = buildImage();
  const images = Object.fromEntries(['b', 'a', 'd', 'c', 'e'].map((tag) => [`app:${tag}`, image]));
  const registry = await startRegistry({ images, faults, pageSize, prefix });
  registries.push(registry);
  const repository = createRepository({
    endpoint: { url: registry.url, domain: registry.host, mirror: false, ...endpoint },
    path: 'app',
    retries: 1,
  });
  repositories.push(repository);
  return { registry, repository };
}

async function all(tags: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const tag of tags) list.push(tag);
  return list;
}

/** Pages by the text after `page=`, as [tags, link]. */
function pages(answer: (page: number, request: RegistryRequest) => readonly [tags: unknown, link?: string]): Fault {
  return answerWith({ kind: 'tags' }, (request) => {
    const [tags, link] = answer(Number(request.query.get('page') ?? 0), request);
    return reply(200, link === undefined ? {} : { link }, JSON.stringify({ name: 'app', tags }));
  });
}

const next = (page: number): string => `</v2/app/tags/list?page=${page}>; rel="next"`;

describe('tags', () => {
  it('follows the pages', async () => {
    const { registry, repository } = await open({ pageSize: 2 });
    assert.deepEqual(await all(repository.tags()), ['a', 'b', 'c', 'd', 'e']);
    assert.equal(registry.requests.length, 3);
    assert.equal(registry.requests[0]?.query.get('n'), '1000');
  });

  it('follows them below a prefix, too', async () => {
    const { repository } = await open({ pageSize: 2, prefix: '/link/to/registry' });
    assert.equal((await all(repository.tags())).length, 5);
  });

  it('names the registry that a shared mirror is asked for, on every page', async () => {
    const { registry, repository } = await open({ pageSize: 2, endpoint: { namespace: 'reg:5000', mirror: true } });
    await all(repository.tags());
    assert.deepEqual(
      registry.requests.map(({ query }) => query.get('ns')),
      ['reg:5000', 'reg:5000', 'reg:5000'],
    );
  });

  it('keeps the order of the registry, and gives each tag once', async () => {
    const faults = [pages((page) => (page === 0 ? [['z', 'a', 'z'], next(1)] : [['a', 'm']]))];
    const { repository } = await open({ faults });
    assert.deepEqual(await all(repository.tags()), ['z', 'a', 'm']);
  });

  it('gives tags before the last page has come', async () => {
    const { registry, repository } = await open({ pageSize: 2 });
    for await (const tag of repository.tags()) {
      assert.equal(tag, 'a');
      break;
    }
    assert.equal(registry.requests.length, 1);
  });

  const fine: readonly (readonly [name: string, body: string, expected: readonly string[]])[] = [
    ['null', '{"name":"app","tags":null}', []],
    ['none', '{"tags":[]}', []],
    ['more fields', '{"child":[],"manifest":{},"name":"app","tags":["1"]}', ['1']],
  ];
  for (const [name, body, expected] of fine) {
    it(`understands ${name}`, async () => {
      const { repository } = await open({ faults: [answerWith({ kind: 'tags' }, () => reply(200, {}, body))] });
      assert.deepEqual(await all(repository.tags()), expected);
    });
  }

  it('leaves out what is no tag, with a warning that is fit to print', async () => {
    const odd = ['ok', 'no/tag', '\u001b[31mred', 7, null, 'x'.repeat(129), '-dash', 'fine.1_2-3'];
    const { repository } = await open({ faults: [pages(() => [odd])] });
    const events: ProgressEvent[] = [];
    const tags: string[] = [];
    for await (const tag of repository.tags({ onEvent: (event) => events.push(event) })) tags.push(tag);
    assert.deepEqual(tags, ['ok', 'fine.1_2-3']);
    const warnings = events.filter((event) => event.kind === 'warning');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.text ?? '', /lists "no\/tag" and 5 more that are no tags: left out$/);
  });

  it('says once what it leaves out, however many pages have it and however deep it is', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = (page: number): string => `{"tags":["t${page}",${page === 0 ? deep : '"no/tag"'}]}`;
    const answer = answerWith({ kind: 'tags' }, ({ query }) => {
      const page = Number(query.get('page') ?? 0);
      return reply(200, page === 2 ? {} : { link: `<?page=${page + 1}>; rel="next"` }, body(page));
    });
    const { registry, repository } = await open({ faults: [answer] });
    const events: ProgressEvent[] = [];
    const tags: string[] = [];
    for await (const tag of repository.tags({ onEvent: (event) => events.push(event) })) tags.push(tag);
    assert.deepEqual(tags, ['t0', 't1', 't2']);
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'warning' ? [event.text] : [])),
      [`${registry.host}/app: the registry lists what is no text and 2 more that are no tags: left out`],
    );
  });

  it('asks again without a number of tags where the registry will not have one', async () => {
    const picky = answerWith({ kind: 'tags', when: ({ query }) => query.has('n') }, () => reply(400, {}, 'no n'));
    const { registry, repository } = await open({ faults: [picky, pages(() => [['1', '2']])] });
    assert.deepEqual(await all(repository.tags()), ['1', '2']);
    assert.equal(registry.requests.length, 2);
    const { repository: hopeless } = await open({ faults: [answerWith({ kind: 'tags' }, () => reply(400, {}, 'no'))] });
    await assert.rejects(all(hopeless.tags()), { code: 'BAD_RESPONSE', message: /answered 400/ });
  });

  it('holds a bounded amount of text', async () => {
    const long = (page: number): string[] =>
      Array.from({ length: 30_000 }, (_, at) => `${page}-${at}-`.padEnd(128, 'x'));
    const answer = answerWith({ kind: 'tags' }, ({ query }) => {
      const page = Number(query.get('page') ?? 0);
      return reply(200, { link: `<?page=${page + 1}>; rel="next"` }, JSON.stringify({ tags: long(page) }));
    });
    const { repository } = await open({ faults: [answer] });
    await assert.rejects(all(repository.tags()), { code: 'BAD_RESPONSE', message: /it does not end \(120000 tags/ });
  });

  const elsewhere = [
    '<http://evil.example/v2/app/tags/list>; rel="next"',
    '<//evil.example/v2/app/tags/list>; rel="next"',
    '<http://127.0.0.1:1/v2/app/tags/list>; rel="next"',
    '<http://127.0.0.1/v2/app/tags/list>; rel="next"',
    '<ftp://127.0.0.1/x>; rel="next"',
    '<http://[>; rel="next"',
  ];
  for (const link of elsewhere) {
    it(`does not follow ${link}`, async () => {
      const { registry, repository } = await open({ faults: [pages(() => [['1'], link])] });
      await assert.rejects(all(repository.tags()), {
        code: 'BAD_RESPONSE',
        message: /for more tags, which is another host$/,
      });
      assert.equal(registry.requests.length, 1);
    });
  }

  it('takes absolute links to itself, whatever scheme they name', async () => {
    for (const scheme of ['http', 'https']) {
      const link = (request: RegistryRequest): string =>
        `<${scheme}://${request.headers.host}/v2/app/tags/list?page=1>; rel="next"`;
      const { repository } = await open({
        faults: [pages((page, request) => (page === 0 ? [['1'], link(request)] : [['2']]))],
      });
      assert.deepEqual(await all(repository.tags()), ['1', '2']);
    }
  });

  const loops: readonly (readonly [name: string, fault: Fault])[] = [
    ['to itself', pages((page) => [[`t${page}`], next(page)])],
    ['to the first page', pages((page) => [[`t${page}`], next((page + 1) % 3)])],
    ['with other links and the same tags', pages((page) => [['same'], next(page + 1)])],
    ['of empty pages', pages((page) => [[], next(page + 1)])],
  ];
  for (const [name, fault] of loops) {
    it(`ends a loop ${name}`, async () => {
      const { registry, repository } = await open({ faults: [fault] });
      await assert.rejects(all(repository.tags()), { code: 'BAD_RESPONSE', message: /go round in a circle/ });
      assert.ok(registry.requests.length < 110);
    });
  }

  const bad: readonly (readonly [name: string, body: string, code: string])[] = [
    ['a page of a web site', '<html>', 'BAD_RESPONSE'],
    ['nothing', '', 'BAD_RESPONSE'],
    ['a list', '["a"]', 'BAD_RESPONSE'],
    ['tags that are no list', '{"tags":{"a":1}}', 'BAD_RESPONSE'],
    ['no tags', '{"name":"app"}', 'BAD_RESPONSE'],
    ['5 MiB', `{"tags":["${'x'.repeat(5 << 20)}"]}`, 'TOO_LARGE'],
  ];
  for (const [name, body, code] of bad) {
    it(`refuses ${name}`, async () => {
      const { repository } = await open({ faults: [answerWith({ kind: 'tags' }, () => reply(200, {}, body))] });
      await assert.rejects(all(repository.tags()), { code });
    });
  }

  it('asks again for a page that breaks off, and for no other', async () => {
    const { registry, repository } = await open({ pageSize: 2, faults: [cutAfter(5, { after: 1, times: 1 })] });
    assert.deepEqual(await all(repository.tags()), ['a', 'b', 'c', 'd', 'e']);
    assert.equal(registry.requests.length, 4);
  });

  it('says that a repository is not there', async () => {
    const { registry } = await open();
    const endpoint = { url: registry.url, domain: registry.host, mirror: false };
    const other = createRepository({ endpoint, path: 'other' });
    repositories.push(other);
    await assert.rejects(all(other.tags()), {
      code: 'NAME_UNKNOWN',
      message: /^repository 127\S*\/other not found: name unknown/,
    });
  });
});
