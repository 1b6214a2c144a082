import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { type ErrorCode, hasCode, isDrayError } from '#errors';
import { parseReference } from '#oci';
import {
  answerWith,
  bearerAuth,
  buildImage,
  contentOf,
  type Fault,
  header,
  type RegistryOptions,
  reply,
  startRegistry,
  status,
  type TestRegistry,
} from '#testing';
import { createRegistryClient } from './client.ts';
import type { RegistryClient, RegistryClientOptions } from './types.ts';

const image = buildImage();
const images = { 'team/app:1': image, 'team/other': image, 'tool:2': image, 'zoo:1': image };
const closing: (() => void | Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

interface Open {
  readonly registry: TestRegistry;
  readonly client: RegistryClient;
}

async function open(
  options: RegistryOptions = {},
  own: RegistryClientOptions & { readonly faults?: readonly Fault[] } = {},
): Promise<Open> {
  const registry = await startRegistry({ images, ...options });
  closing.push(() => registry.close());
  const { faults = [], ...settings } = own;
  registry.inject(...faults);
  const client = createRegistryClient({ retries: 0, ...settings });
  closing.push(() => client.close());
  return { registry, client };
}

async function all({ client, registry }: Open): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const name of client.catalog(registry.host)) names.push(name);
  return names;
}

async function fails(work: () => Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isDrayError(error) && hasCode(error, code), String(error));
    return true;
  });
}

describe('the catalog', () => {
  it('comes page by page', async () => {
    for (const pageSize of [1, 3, 100]) {
      assert.deepEqual(await all(await open({ pageSize })), ['team/app', 'team/other', 'tool', 'zoo']);
    }
  });

  it('is asked for with a token of its own', async () => {
    const auth = bearerAuth({ users: { me: 'secret' } });
    const place = await open({ auth }, { keychain: async () => ({ username: 'me', password: 'secret' }) });
    assert.equal((await all(place)).length, 4);
  });

  const list = (value: unknown): Fault => answerWith({ kind: 'catalog' }, () => reply(200, {}, JSON.stringify(value)));

  it('has nothing, or no names', async () => {
    assert.deepEqual(await all(await open({}, { faults: [list({ repositories: null })] })), []);
    const repositories = ['ok', '../x', 'A', 7, 'a\u001b[2J', '', 'x'.repeat(300), 'a//b'];
    assert.deepEqual(await all(await open({}, { faults: [list({ repositories })] })), ['ok', 'a//b']);
  });

  for (const [name, fault, code] of [
    ['loops', header('link', '</v2/_catalog?n=1000>; rel="next"', { kind: 'catalog' }), 'BAD_RESPONSE'],
    [
      'leads elsewhere',
      header('link', '<http://other.example/v2/_catalog>; rel="next"', { kind: 'catalog' }),
      'BAD_RESPONSE',
    ],
    ['is no list', list({ repositories: 'many' }), 'BAD_RESPONSE'],
    ['is no JSON', answerWith({ kind: 'catalog' }, () => reply(200, {}, '<html>')), 'BAD_RESPONSE'],
    ['is too large', answerWith({ kind: 'catalog' }, () => reply(200, {}, 'x'.repeat(5_000_000))), 'TOO_LARGE'],
    ['is not there', status(404, { kind: 'catalog' }), 'UNSUPPORTED'],
    ['is for others', status(403, { kind: 'catalog' }), 'DENIED'],
  ] as const) {
    it(`that ${name}: ${code}`, async () => {
      const place = await open({}, { faults: [fault] });
      await fails(() => all(place), code);
    });
  }
});

describe('a search', () => {
  it('is answered by the index', async () => {
    const { client, registry } = await open();
    assert.deepEqual(await client.search(registry.host, 'o', { limit: 3 }), [
      { name: 'team/other', description: 'what team/other is', stars: 10, official: false, automated: false },
      { name: 'tool', description: 'what tool is', stars: 4, official: true, automated: false },
      { name: 'zoo', description: 'what zoo is', stars: 3, official: true, automated: false },
    ]);
  });

  it('is looked up in the catalog where there is no index', async () => {
    const { client, registry } = await open({}, { faults: [status(404, { kind: 'search' })] });
    const found = await client.search(registry.host, 'Team', { limit: 1 });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['team/app'],
    );
  });

  it('is answered with nonsense, which is cleaned', async () => {
    const results = [null, 7, { name: 7 }, { name: 'a\u001b[31m', description: 'b\u0007\n', star_count: 'x' }];
    const faults = [answerWith({ kind: 'search' }, () => reply(200, {}, JSON.stringify({ results })))];
    const { client, registry } = await open({}, { faults });
    const [only, ...others] = await client.search(registry.host, 'a');
    assert.ok(!/\p{Cc}/u.test(JSON.stringify(only)), JSON.stringify(only));
    assert.deepEqual([only?.stars, others], [0, []]);
  });
});

describe('a token', () => {
  it('is the one that a request would carry', async () => {
    const auth = bearerAuth({ users: { me: 'secret' } });
    const { client, registry } = await open(
      { auth },
      { keychain: async () => ({ username: 'me', password: 'secret' }) },
    );
    const reference = parseReference(registry.reference('team/app:1'));
    const token = await client.token(reference);
    const answer = await fetch(`${registry.url}/v2/team/app/tags/list`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(answer.status, 200);
    const other = await client.token(reference, { scopes: ['repository:zoo:pull'] });
    assert.notEqual(other, token);
  });

  it('is not needed', async () => {
    const { client, registry } = await open();
    assert.equal(await client.token(parseReference(registry.reference('team/app:1'))), undefined);
  });
});

describe('what is written', () => {
  it('goes to the registry itself, never to a mirror', async () => {
    const mirror = await startRegistry({ images });
    closing.push(() => mirror.close());
    const { client, registry } = await open({}, { hosts: { named: { mirrors: [mirror.url] } } });
    const reference = parseReference(registry.reference('team/app:1'));
    const { descriptor, bytes } = contentOf(100);
    await client.writing(reference, (repository) => repository.put(descriptor, bytesOf(bytes)), { action: 'push' });
    assert.ok(registry.blob('team/app', descriptor.digest) !== undefined);
    assert.equal(mirror.requests.length, 0);
    await registry.close();
    await assert.rejects(
      client.writing(reference, (repository) => repository.put(descriptor, bytesOf(bytes)), { action: 'push' }),
      (error) => hasCode(error, 'CONNECT_FAILED', 'CONNECTION_LOST'),
    );
    assert.equal(mirror.requests.length, 0);
  });

  it('is refused in the words for pushing, from the first question on', async () => {
    const { client, registry } = await open({ auth: bearerAuth({ users: { me: 'secret' } }) });
    const reference = parseReference(registry.reference('team/app:1'));
    await assert.rejects(
      client.writing(reference, (repository) => repository.has(image.root), { action: 'push' }),
      /^DrayError: denied: requested access to the resource is denied: push to .*team\/app: /,
    );
  });

  it('has one token for reading and writing', async () => {
    const auth = bearerAuth({ users: { me: 'secret' } });
    const { client, registry } = await open(
      { auth },
      { keychain: async () => ({ username: 'me', password: 'secret' }) },
    );
    const { descriptor, bytes } = contentOf(100);
    const push = parseReference(registry.reference('team/app:1'));
    await client.writing(
      push,
      async (repository) => {
        assert.equal(await repository.has(descriptor), false);
        await repository.put(descriptor, bytesOf(bytes));
        await repository.tag('2', image.root);
      },
      { action: 'push' },
    );
    assert.equal(registry.requests.filter(({ kind }) => kind === 'token').length, 1);
  });
});
