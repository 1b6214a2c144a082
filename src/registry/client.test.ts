import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isDrayError } from '#errors';
import { parseReference, type Reference } from '#oci';
import type { ProgressEvent } from '#progress';
import {
  basicAuth,
  bearerAuth,
  buildImage,
  contentDigest,
  createCertificate,
  type Fault,
  hangUp,
  neverAnswer,
  type RegistryOptions,
  startRegistry,
  status,
  type TestRegistry,
} from '#testing';
import { checkLogin } from './check-login.ts';
import { createRegistryClient } from './client.ts';
import type { RegistryClient, RegistryClientOptions, Repository } from './types.ts';

const image = buildImage();
const registries: TestRegistry[] = [];
const clients: RegistryClient[] = [];
after(async () => {
  for (const client of clients) client.close();
  await Promise.all(registries.map((registry) => registry.close()));
});

async function start(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry({ images: { 'app:1': image }, ...options });
  registries.push(registry);
  return registry;
}

function connect(options: RegistryClientOptions): RegistryClient {
  const client = createRegistryClient({ retries: 0, ...options });
  clients.push(client);
  return client;
}

interface Pulled {
  readonly endpoint: string;
  readonly events: readonly ProgressEvent[];
}

const manifest = async (repository: Repository): Promise<string> => {
  await repository.manifest('1');
  return repository.endpoint.url;
};

async function pull(client: RegistryClient, registry: TestRegistry, attempt = manifest): Promise<Pulled> {
  const events: ProgressEvent[] = [];
  const reference = parseReference(registry.reference('app:1'));
  const onEvent = (event: ProgressEvent): void => void events.push(event);
  const endpoint = await client.over(reference, attempt, { action: 'pull', onEvent });
  return { endpoint, events };
}

function debugNotes(events: readonly ProgressEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'debug' ? [event.text] : []));
}

/** Nobody listens there any more. */
async function deadUrl(): Promise<string> {
  const registry = await startRegistry();
  await registry.close();
  return registry.url;
}

const tls = createCertificate({ hosts: ['127.0.0.1'] });

describe('mirrors', () => {
  const faulty: readonly (readonly [name: string, fault: Fault])[] = [
    ['answers 404', status(404)],
    ['answers 401', status(401)],
    ['answers 403', status(403)],
    ['answers 429', status(429, { retryAfter: 3600 })],
    ['answers 500', status(500)],
    ['hangs up', hangUp()],
    ['never answers', neverAnswer()],
    ['gives wrong bytes', contentDigest(`sha256:${'0'.repeat(64)}`)],
  ];
  for (const [name, fault] of faulty) {
    it(`moves on from one that ${name}`, async () => {
      const mirror = await start({ faults: [fault] });
      const origin = await start();
      const named = { mirrors: [mirror.url] };
      const client = connect({ hosts: { named }, transport: { stallTimeout: 2000 } });
      const { endpoint, events } = await pull(client, origin);
      assert.equal(endpoint, origin.url);
      const failed = events.filter((event) => event.kind === 'endpoint-failed');
      assert.deepEqual(
        failed.map((event) => event.endpoint),
        [mirror.url],
      );
      const notes = debugNotes(events);
      assert.equal(notes[0], `Trying to pull ${origin.host}/app from ${mirror.url}`);
      assert.match(notes[1] ?? '', /^Attempting next endpoint for pull after error: /);
    });
  }

  it('asks them in order and stops at the first that has it', async () => {
    const [first, second, origin] = [await start({ images: {} }), await start(), await start()];
    const mirrors = { [origin.host]: [first.url], '*': [second.url] };
    const { endpoint } = await pull(connect({ hosts: { mirrors } }), origin);
    assert.equal(endpoint, second.url);
    assert.equal(first.requests[0]?.query.get('ns'), null);
    assert.equal(second.requests[0]?.query.get('ns'), origin.host);
    assert.equal(origin.requests.length, 0);
  });

  it('moves on when a later request of the same attempt fails', async () => {
    const [mirror, origin] = [await start({ faults: [status(404, { kind: 'blob' })] }), await start()];
    const { endpoint } = await pull(
      connect({ hosts: { named: { mirrors: [mirror.url] } } }),
      origin,
      async (repository) => {
        await repository.manifest('1');
        assert.ok(image.layers[0] !== undefined);
        await repository.fetch(image.config);
        return repository.endpoint.url;
      },
    );
    assert.equal(endpoint, origin.url);
  });

  it('does not ask a dead one again for every tag', async () => {
    const origin = await start();
    const dead = await deadUrl();
    const client = connect({ hosts: { named: { mirrors: [dead] } } });
    const first = await pull(client, origin);
    assert.ok(debugNotes(first.events).some((text) => text.startsWith('Trying') && text.endsWith(dead)));
    const second = await pull(client, origin);
    assert.ok(!debugNotes(second.events).some((text) => text.startsWith('Trying') && text.endsWith(dead)));
    assert.equal(second.events.filter(({ kind }) => kind === 'endpoint-failed').length, 0);
  });

  it('does not insist with them: the next endpoint is the better retry', async () => {
    for (const [fault, requests] of [
      [hangUp(), 1],
      [status(503), 2],
    ] as const) {
      const [mirror, origin] = [await start({ faults: [fault] }), await start()];
      await pull(connect({ retries: 5, hosts: { named: { mirrors: [mirror.url] } } }), origin);
      assert.equal(mirror.requests.length, requests);
    }
  });

  it('leaves tags to those that may say what they stand for', async () => {
    const [mirror, origin] = [await start(), await start()];
    const folder = await mkdtemp(join(tmpdir(), 'dray-client-'));
    await mkdir(join(folder, origin.host));
    await writeFile(join(folder, origin.host, 'hosts.toml'), `[host."${mirror.url}"]\ncapabilities = ["pull"]\n`);
    const client = connect({ hosts: { hostsFolders: [folder] } });
    assert.equal((await pull(client, origin)).endpoint, origin.url);
    const reference = parseReference(origin.reference(`app@${image.root.digest}`));
    const endpoint = await client.over(reference, manifest, { action: 'pull' });
    await rm(folder, { recursive: true });
    assert.equal(endpoint, mirror.url);
  });

  it('asks one again that only lacked something', async () => {
    const [mirror, origin] = [await start({ images: {} }), await start()];
    const client = connect({ hosts: { named: { mirrors: [mirror.url] } } });
    await pull(client, origin);
    mirror.add('app:1', image);
    assert.equal((await pull(client, origin)).endpoint, mirror.url);
  });

  it('gives each registry behind a shared mirror its own name', async () => {
    const [mirror, a, b] = [await start(), await start(), await start()];
    const client = connect({ hosts: { mirrors: { '*': [mirror.url] } } });
    await pull(client, a);
    await pull(client, b);
    assert.deepEqual(
      mirror.requests.map(({ query }) => query.get('ns')),
      [a.host, b.host],
    );
  });

  it('gives credentials to their own host alone', async () => {
    const mirror = await start({ faults: [status(404)] });
    const origin = await start({ auth: basicAuth({ user: 'secret' }) });
    const asked: string[] = [];
    const client = connect({
      hosts: { named: { mirrors: [mirror.url], headers: { 'X-Key': 'v' } } },
      keychain: (host) => {
        asked.push(host);
        return Promise.resolve({ username: 'user', password: 'secret' });
      },
    });
    assert.equal((await pull(client, origin)).endpoint, origin.url);
    assert.deepEqual(asked, [origin.host]);
    assert.equal(mirror.requests[0]?.headers.authorization, undefined);
    assert.equal(mirror.requests[0]?.headers['x-key'], undefined);
    assert.equal(origin.requests[0]?.headers['x-key'], 'v');
  });
});

describe('the registry itself', () => {
  const final: readonly (readonly [name: string, fault: Fault, code: string])[] = [
    ['404', status(404), 'MANIFEST_UNKNOWN'],
    ['401', status(401), 'UNAUTHORIZED'],
    ['403', status(403), 'DENIED'],
    ['429', status(429), 'TOO_MANY_REQUESTS'],
    ['500', status(500), 'SERVER_FAILED'],
    ['wrong bytes', contentDigest(`sha256:${'0'.repeat(64)}`), 'DIGEST_MISMATCH'],
  ];
  for (const [name, fault, code] of final) {
    it(`has the last word with ${name}, and is never asked in plain after TLS`, async () => {
      const origin = await start({ tls, faults: [fault] });
      const events: ProgressEvent[] = [];
      const client = connect({});
      const over = client.over(parseReference(origin.reference('app:1')), manifest, {
        action: 'pull',
        onEvent: (event) => events.push(event),
      });
      await assert.rejects(over, (error: unknown) => {
        assert.ok(isDrayError(error));
        assert.equal(error.code, code);
        assert.equal(error.detail['endpoints'], undefined);
        return true;
      });
      const trying = debugNotes(events).filter((text) => text.startsWith('Trying'));
      assert.deepEqual(trying, [`Trying to pull ${origin.host}/app from https://${origin.host}`]);
      assert.ok(debugNotes(events).some((text) => text.startsWith('Not continuing with pull after error: ')));
    });
  }

  it('is asked in plain where that is allowed and it does not speak TLS, then at once', async () => {
    const origin = await start();
    const client = connect({});
    const first = await pull(client, origin);
    assert.equal(first.endpoint, `http://${origin.host}`);
    assert.equal(first.events.filter(({ kind }) => kind === 'endpoint-failed').length, 0);
    const connections = origin.connections;
    const second = await pull(client, origin);
    assert.equal(second.endpoint, `http://${origin.host}`);
    assert.equal(origin.connections, connections);
    assert.match(debugNotes(second.events)[0] ?? '', /^Skipping TLS endpoint https:/);
  });

  it('is not asked in plain once it has answered in TLS, even if it fails later', async () => {
    const origin = await start({ tls });
    const client = connect({});
    await pull(client, origin);
    origin.inject(hangUp());
    const events: ProgressEvent[] = [];
    const again = client.over(parseReference(origin.reference('app:1')), manifest, {
      action: 'pull',
      onEvent: (event) => events.push(event),
    });
    await assert.rejects(again, { code: 'CONNECTION_LOST' });
    const text = `Skipping non-TLS endpoint http://${origin.host} for host/port that appears to use TLS`;
    assert.ok(debugNotes(events).includes(text));
  });

  it('is not asked in plain after a first answer that broke off behind TLS', async () => {
    const origin = await start({ tls, faults: [hangUp()] });
    const events: ProgressEvent[] = [];
    const over = connect({}).over(parseReference(origin.reference('app:1')), manifest, {
      action: 'pull',
      onEvent: (event) => events.push(event),
    });
    await assert.rejects(over, { code: 'CONNECTION_LOST' });
    assert.ok(!debugNotes(events).some((text) => text.startsWith('Trying') && text.includes('http:')));
  });

  it('is retried when it is the only hope', async () => {
    const origin = await start({ faults: [status(503, { times: 1 }), hangUp({ after: 1, times: 1 })] });
    assert.equal((await pull(connect({ retries: 3 }), origin)).endpoint, `http://${origin.host}`);
  });
});

describe('when all fail', () => {
  it('names every endpoint in order, with the code of the registry', async () => {
    const [second, origin] = [await start({ faults: [status(500)] }), await start({ tls, images: {} })];
    // The last: its port is free for whoever starts next.
    const first = await deadUrl();
    const client = connect({ hosts: { named: { mirrors: [first, second.url] } } });
    await assert.rejects(pull(client, origin), (error: unknown) => {
      assert.ok(isDrayError(error));
      assert.equal(error.code, 'NAME_UNKNOWN');
      const order = [first, second.url, `https://${origin.host} (as said)`].map((text) =>
        error.message.lastIndexOf(text),
      );
      assert.ok(
        order.every((at, index) => at > (order[index - 1] ?? 0)),
        error.message,
      );
      assert.match(error.message, /^repository \S+ not found: .*; asked in this order: /);
      const endpoints = error.detail['endpoints'];
      assert.ok(Array.isArray(endpoints));
      assert.deepEqual(
        endpoints.map(({ endpoint, mirror, code }) => [endpoint, mirror, code]),
        [
          [first, true, 'CONNECT_FAILED'],
          [second.url, true, 'SERVER_FAILED'],
          [`https://${origin.host}`, false, 'NAME_UNKNOWN'],
        ],
      );
      assert.ok(error.cause instanceof AggregateError);
      assert.equal(error.cause.errors.length, 3);
      return true;
    });
  });

  it('tells of http and https to a registry that is not there', async () => {
    const url = new URL(await deadUrl());
    const reference: Reference = { domain: url.host, path: 'app', tag: '1' };
    await assert.rejects(connect({}).over(reference, manifest, { action: 'pull' }), {
      code: 'CONNECT_FAILED',
      message: /refused the connection.*asked in this order: https:\/\/127.*, http:\/\/127.*\(as said\)$/,
    });
  });

  it('stops at once when the caller does, or its machine fails', async () => {
    const origin = await start();
    const client = connect({ hosts: { named: { mirrors: [(await start()).url] } } });
    const reference = parseReference(origin.reference('app:1'));
    const controller = new AbortController();
    const cancelled = client.over(
      reference,
      async (repository) => {
        controller.abort();
        await repository.manifest('1', { signal: controller.signal });
      },
      { action: 'pull', signal: controller.signal },
    );
    await assert.rejects(cancelled, { code: 'CANCELLED' });
    const bug = new TypeError('a bug of the caller');
    await assert.rejects(
      client.over(reference, () => Promise.reject(bug), { action: 'pull' }),
      (error) => error === bug,
    );
    assert.equal(origin.requests.length, 0);
  });

  it('asks nobody where the configuration is wrong', async () => {
    const client = connect({ hosts: { named: { mirrors: ['ftp://x'] } } });
    await assert.rejects(client.over({ domain: 'reg', path: 'app' }, manifest, { action: 'pull' }), {
      code: 'INVALID_CONFIGURATION',
    });
  });
});

describe('authorization', () => {
  it('hands out the header that is in use, for a repository in a worker', async () => {
    const origin = await start({ auth: bearerAuth() });
    const client = connect({});
    const header = await client.over(
      parseReference(origin.reference('app:1')),
      async (repository) => {
        assert.equal(await authorizationOf(repository), undefined);
        await repository.manifest('1');
        return authorizationOf(repository);
      },
      { action: 'pull' },
    );
    assert.match(String(header), /^Bearer \w+$/);
  });
});

describe('checkLogin', () => {
  it('tries the credential at the registry, not at a mirror', async () => {
    const [mirror, origin] = [await start(), await start({ auth: basicAuth({ user: 'secret' }) })];
    const hosts = { named: { mirrors: [mirror.url] } };
    const options = { hosts, retries: 0 };
    await checkLogin(origin.host, { username: 'user', password: 'secret' }, options);
    await assert.rejects(checkLogin(origin.host, { username: 'user', password: 'wrong' }, options), {
      code: 'UNAUTHORIZED',
    });
    assert.equal(mirror.requests.length, 0);
  });
});

/** The header that a thread which rebuilds the repository would send. */
async function authorizationOf(repository: Repository): Promise<unknown> {
  const recipe = await repository.recipe?.();
  assert.ok(typeof recipe === 'object' && recipe !== null && 'authorization' in recipe);
  return recipe.authorization;
}
