import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Bytes } from '#bytes';
import type { UploadOptions } from '#content';
import { type ErrorCode, hasCode, isDrayError } from '#errors';
import type { ProgressEvent } from '#progress';
import {
  answerWith,
  bearerAuth,
  type Content,
  contentDigest,
  contentOf,
  cutUpload,
  type Fault,
  hangUp,
  neverAnswer,
  type RegistryOptions,
  type RegistryRequest,
  redirectLoop,
  reply,
  startRegistry,
  status,
  type TestRegistry,
  takeOver,
  uploadLocation,
  uploadRange,
} from '#testing';
import { type Clock, systemClock } from '#timing';
import { createRepository } from '../repository.ts';
import type { OpenRepository, RepositoryOptions, UploadSessions } from '../types.ts';
import { memorySessions } from './upload-sessions.ts';

const MIB = 1024 * 1024;
const LARGE = contentOf(5 * MIB + 17, 3);
const SMALL = contentOf(1000, 4);
const EMPTY = contentOf(0);

const closing: (() => void | Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

/** Waits between tries are over at once; time-outs are not. */
function hasteClock(): Clock {
  let slept = 0;
  return {
    now: () => Date.now() + slept,
    monotonic: () => performance.now() + slept,
    sleep: (ms, signal) => {
      if (ms >= 5000) return systemClock.sleep(ms, signal);
      slept += ms;
      return Promise.resolve();
    },
  };
}

interface Open {
  readonly registry: TestRegistry;
  readonly repository: OpenRepository;
  readonly events: ProgressEvent[];
  /** Uploads, and says where each reading began. */
  upload(content: Content, options?: UploadOptions): Promise<readonly number[]>;
  /** The methods of all requests about uploads, with their statuses. */
  asked(): string;
}

async function open(
  options: RegistryOptions = {},
  own: Partial<RepositoryOptions> & { readonly faults?: readonly Fault[] } = {},
): Promise<Open> {
  const registry = await startRegistry(options);
  const endpoint = { url: registry.url, domain: registry.host, mirror: false };
  const { faults = [], ...settings } = own;
  registry.inject(...faults);
  const repository = createRepository({ endpoint, path: 'team/app', clock: hasteClock(), ...settings });
  closing.push(() => registry.close());
  closing.push(() => repository.close());
  const events: ProgressEvent[] = [];
  return {
    registry,
    repository,
    events,
    upload: async ({ descriptor, bytes }, uploadOptions) => {
      const offsets: number[] = [];
      const read = (offset: number): Promise<Bytes> => {
        offsets.push(offset);
        return Promise.resolve(pieces(bytes, offset));
      };
      const onEvent = (event: ProgressEvent): void => {
        events.push(event);
      };
      await repository.upload(descriptor, read, { onEvent, ...uploadOptions });
      return offsets;
    },
    asked: () =>
      registry.requests
        .filter(({ kind }) => kind === 'upload')
        .map(({ method, status: answered }) => `${method} ${answered ?? '-'}`)
        .join(', '),
  };
}

/** In pieces of one buffer that is used again and again. */
async function* pieces(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(100_000);
  for (let at = offset; at < bytes.length; at += buffer.length) {
    const piece = bytes.subarray(at, at + buffer.length);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function arrived({ registry }: Open, { descriptor, bytes }: Content): void {
  const held = registry.blob('team/app', descriptor.digest);
  assert.ok(held !== undefined, 'the blob is not there');
  assert.ok(Buffer.from(held).equals(bytes), 'the blob is another');
}

describe('an upload', () => {
  for (const [name, content, asked] of [
    ['a large blob by PATCH', LARGE, 'POST 202, PATCH 202, PUT 201'],
    ['a small blob with the PUT', SMALL, 'POST 202, PUT 201'],
    ['an empty blob', EMPTY, 'POST 202, PUT 201'],
    ['a blob with a long digest', contentOf(2 * MIB, 9, 'sha512'), 'POST 202, PATCH 202, PUT 201'],
  ] as const) {
    it(`brings ${name}`, async () => {
      const place = await open();
      const sent: number[] = [];
      const onSent = (bytes: number): void => {
        sent.push(bytes);
      };
      await place.upload(content, { onSent });
      arrived(place, content);
      assert.equal(place.asked(), asked);
      assert.deepEqual([sent[0], sent.at(-1)], [0, content.descriptor.size]);
      assert.equal(place.registry.openUploads, 0);
    });
  }

  it('keeps the query of a Location, relative or not', async () => {
    for (const location of ['relative', 'absolute'] as const) {
      const place = await open({ uploads: { location } });
      await place.upload(LARGE);
      const put = place.registry.requests.find(({ method }) => method === 'PUT');
      assert.equal(put?.query.get('note'), 'kept as it is: +%');
      assert.equal(put?.query.get('digest'), LARGE.descriptor.digest);
    }
  });

  it('sends another host no credentials', async () => {
    const storage = await startRegistry();
    closing.push(() => storage.close());
    const auth = bearerAuth({ users: { me: 'secret' } });
    const place = await open(
      { auth, uploads: { location: (path) => `${storage.url}${path}` } },
      { keychain: async () => ({ username: 'me', password: 'secret' }) },
    );
    const digest = LARGE.descriptor.digest;
    storage.inject(async ({ method, path, content }) => {
      for await (const _ of content.read());
      return method === 'PUT'
        ? reply(201, { 'docker-content-digest': digest })
        : reply(202, { location: `${path}?signed=%2B%20x` });
    });
    await place.upload(LARGE);
    assert.deepEqual(
      storage.requests.map(({ method, headers }) => [method, headers.authorization]),
      [
        ['PATCH', undefined],
        ['PUT', undefined],
      ],
    );
    assert.ok(place.registry.requests.some(({ headers }) => headers.authorization !== undefined));
  });

  it('goes in pieces no smaller than the registry wants where the whole is too large', async () => {
    const huge = contentOf(20 * MIB + 5, 6);
    const place = await open({ uploads: { mostBody: 9 * MIB, leastPiece: 9 * MIB } });
    await place.upload(huge);
    arrived(place, huge);
    const taken = place.registry.requests.filter((request) => request.method === 'PATCH' && request.status === 202);
    assert.deepEqual(
      taken.map(({ headers }) => headers['content-range']),
      [`0-${9 * MIB - 1}`, `${9 * MIB}-${18 * MIB - 1}`, `${18 * MIB}-${20 * MIB + 4}`],
    );
  });

  it('goes in pieces where a server in between cuts off what is too large', async () => {
    const isLarge = ({ headers }: RegistryRequest): boolean => Number(headers['content-length']) > 3 * MIB;
    const place = await open(
      { uploads: { strict: true } },
      { faults: [hangUp({ method: 'PATCH', when: isLarge, reset: true })] },
    );
    await place.upload(LARGE);
    arrived(place, LARGE);
  });

  it('says that a blob is too large when no piece is small enough', async () => {
    const place = await open({ uploads: { mostBody: 1000 } });
    await fails(() => place.upload(LARGE), 'TOO_LARGE');
  });

  it('sends the whole by PUT where there is no PATCH', async () => {
    const place = await open({ uploads: { patch: false } });
    await place.upload(LARGE);
    arrived(place, LARGE);
    assert.equal(place.asked(), 'POST 202, PATCH 405, POST 202, PUT 201');
  });

  for (const [name, isHit, asked] of [
    [
      'in pieces',
      (request: RegistryRequest) => !('content-range' in request.headers),
      'POST 202, PATCH 400, POST 202, PATCH 202, PUT 201',
    ],
    ['whole', () => true, 'POST 202, PATCH 400, POST 202, PATCH 400, POST 202, PUT 201'],
  ] as const) {
    it(`comes ${name} to a registry that will not have it otherwise`, async () => {
      const huge = contentOf(9 * MIB, 6);
      const place = await open({}, { faults: [status(400, { method: 'PATCH', when: isHit })] });
      await place.upload(huge);
      arrived(place, huge);
      assert.equal(place.asked().replace('PATCH 202, PATCH 202', 'PATCH 202'), asked);
    });
  }

  it('comes by PATCH to a registry that will not have a small blob in its PUT', async () => {
    const place = await open({}, { faults: [status(411, { method: 'PUT', times: 1 })] });
    await place.upload(SMALL);
    arrived(place, SMALL);
    assert.equal(place.asked(), 'POST 202, PUT 411, POST 202, PATCH 202, PUT 201');
  });

  it('gets a new token where one runs out on the way', async () => {
    const auth = bearerAuth({ users: { me: 'secret' }, uses: 1 });
    const place = await open({ auth }, { keychain: async () => ({ username: 'me', password: 'secret' }) });
    await place.upload(LARGE);
    arrived(place, LARGE);
  });
});

describe('an upload that is cut', () => {
  for (const [name, faults, offsets] of [
    ['once', [cutUpload(2 * MIB, { times: 1 })], [0, 2 * MIB]],
    ['by a reset', [cutUpload(2 * MIB, { times: 1, reset: true })], [0, 2 * MIB]],
    [
      'eight times, getting on each time',
      [cutUpload(MIB / 2, { times: 8 })],
      Array.from({ length: 9 }, (_, at) => (at * MIB) / 2),
    ],
    ['before its first byte', [hangUp({ method: 'PATCH', times: 2 })], [0, 0, 0]],
    ['when its answer is lost', [lostAnswer('PATCH')], [0]],
    ['when its end is lost', [lostAnswer('PUT')], [0]],
    ['by a 503', [status(503, { method: 'PATCH', times: 2 })], [0, 0, 0]],
    ['by a 429', [status(429, { method: 'PATCH', times: 2, retryAfter: 3 })], [0, 0, 0]],
    ['by a 500 to its end', [status(500, { method: 'PUT', times: 2 })], [0]],
    [
      'by a 401 in the middle',
      [status(401, { method: 'PATCH', times: 1, headers: { 'www-authenticate': 'Basic realm="x"' } })],
      [0, 0],
    ],
  ] as const) {
    it(`${name} goes on where the registry is`, async () => {
      const place = await open({}, { faults, keychain: async () => ({ username: 'me', password: 'secret' }) });
      const began = await place.upload(LARGE);
      arrived(place, LARGE);
      assert.deepEqual(began, offsets);
    });
  }

  it('begins again where the registry cannot say how far it was', async () => {
    const place = await open({ uploads: { status: false } }, { faults: [cutUpload(2 * MIB, { times: 1 })] });
    assert.deepEqual(await place.upload(LARGE), [0, 0]);
    arrived(place, LARGE);
  });

  it('begins again where the upload is lost, as with docker-registry', async () => {
    const place = await open({ uploads: { strict: true } }, { faults: [cutUpload(2 * MIB, { times: 2 })] });
    assert.deepEqual(await place.upload(LARGE), [0, 0, 0]);
    arrived(place, LARGE);
  });

  it('without end fails, after a while', async () => {
    for (const uploads of [{ strict: true }, { status: false }]) {
      const place = await open({ uploads }, { faults: [cutUpload(1000)], retries: 2 });
      await fails(() => place.upload(LARGE), 'CONNECTION_LOST');
    }
  });

  it('begins again when what is joined has another digest', async () => {
    const place = await open({}, { faults: [cutUpload(2 * MIB, { times: 1 })] });
    let readings = 0;
    const wrong = new Uint8Array(LARGE.bytes);
    wrong[0] = (wrong[0] ?? 0) ^ 1;
    await place.repository.upload(LARGE.descriptor, (offset) =>
      Promise.resolve(pieces((readings += 1) === 1 ? wrong : LARGE.bytes, offset)),
    );
    assert.equal(readings, 3);
    arrived(place, LARGE);
  });
});

describe('an upload of an earlier run', () => {
  async function interrupted(options: RegistryOptions = {}): Promise<Open & { readonly uploads: UploadSessions }> {
    const uploads = memorySessions();
    const place = await open(options, { faults: [cutUpload(3 * MIB, { times: 1 })], retries: 0, uploads });
    await fails(() => place.upload(LARGE), 'CONNECTION_LOST');
    return { ...place, uploads };
  }

  async function later({ registry, uploads }: Open & { readonly uploads: UploadSessions }): Promise<readonly number[]> {
    const endpoint = { url: registry.url, domain: registry.host, mirror: false };
    const repository = createRepository({ endpoint, path: 'team/app', uploads, clock: hasteClock() });
    closing.push(() => repository.close());
    const offsets: number[] = [];
    await repository.upload(LARGE.descriptor, (offset) => {
      offsets.push(offset);
      return Promise.resolve(pieces(LARGE.bytes, offset));
    });
    return offsets;
  }

  it('goes on where the registry is', async () => {
    const place = await interrupted();
    assert.deepEqual(await later(place), [3 * MIB]);
    arrived(place, LARGE);
    assert.equal(place.registry.requests.filter(({ method }) => method === 'POST').length, 1);
  });

  it('begins again where the registry has forgotten it', async () => {
    for (const forget of [(place: Open) => place.registry.forgetUploads(), undefined]) {
      const place = await interrupted(forget === undefined ? { uploads: { strict: true } } : {});
      forget?.(place);
      assert.deepEqual(await later(place), [0]);
      arrived(place, LARGE);
    }
  });

  it('is not asked for where its address is not to be trusted', async () => {
    for (const saved of ['nonsense', 'file:///etc/passwd', 'http://169.254.169.254/x']) {
      const place = await open();
      const uploads: UploadSessions = { read: () => saved, write: () => {}, remove: () => {} };
      assert.deepEqual(await later({ ...place, uploads }), [0]);
    }
  });

  it('is not for two at the same time', async () => {
    const place = await interrupted();
    const offsets = await Promise.all([later(place), later(place)]);
    assert.deepEqual(offsets, [[3 * MIB], [0]]);
    arrived(place, LARGE);
  });

  it('is not used where it may not be asked for any more', async () => {
    const place = await interrupted();
    place.registry.inject(status(403, { kind: 'upload', method: 'GET' }));
    assert.deepEqual(await later(place), [0]);
  });

  it('is forgotten when it is done', async () => {
    const place = await interrupted();
    await later(place);
    const key = `${place.registry.url} team/app ${LARGE.descriptor.digest}`;
    assert.equal(await place.uploads.read(key), undefined);
  });
});

describe('a registry that lies about an upload', () => {
  const other = contentOf(10, 99).descriptor.digest;
  const cases: readonly (readonly [string, readonly Fault[], ErrorCode])[] = [
    ['takes it for another', [contentDigest(other, { kind: 'upload', method: 'PUT' })], 'DIGEST_MISMATCH'],
    ['has more than was sent', [uploadRange('0-99999999', { method: 'PATCH' })], 'BAD_RESPONSE'],
    ['never gets on', [uploadRange('0-9', { method: 'PATCH' }), uploadRange('0-9', { method: 'GET' })], 'BAD_RESPONSE'],
    ['says 202 for ever', [answerWith({ kind: 'upload', method: 'PUT' }, () => reply(202, {}))], 'BAD_RESPONSE'],
    [
      'says 201 and has nothing',
      [answerWith({ kind: 'upload', method: 'PATCH' }, () => reply(201, {}))],
      'BAD_RESPONSE',
    ],
    ['sends it to a file', [uploadLocation('file:///etc/passwd')], 'BAD_RESPONSE'],
    ['sends it to two places', [uploadLocation(['/a', '/b'])], 'BAD_RESPONSE'],
    ['sends it to no place', [uploadLocation('', { method: 'POST' })], 'BAD_RESPONSE'],
    ['sends it to what is no URL', [uploadLocation('http://[')], 'BAD_RESPONSE'],
    ['sends it far', [uploadLocation(`/${'x'.repeat(10_000)}`)], 'BAD_RESPONSE'],
    ['sends it to a metadata service', [uploadLocation('http://169.254.169.254/x')], 'REDIRECT_REFUSED'],
    ['redirects without end', [redirectLoop({ kind: 'upload', method: 'POST' })], 'REDIRECT_REFUSED'],
    ['always fails', [status(500, { kind: 'upload' })], 'SERVER_FAILED'],
    ['fails in the middle, always', [status(502, { method: 'PATCH' })], 'SERVER_FAILED'],
    ['asks to wait for an hour', [status(429, { method: 'PATCH', retryAfter: 3600 })], 'TOO_MANY_REQUESTS'],
    ['limits', [status(429, { method: 'PATCH' })], 'TOO_MANY_REQUESTS'],
    ['refuses', [status(403, { method: 'PATCH' })], 'DENIED'],
    ['forgets it, always', [status(404, { method: 'PATCH' })], 'NAME_UNKNOWN'],
    ['never finds the place', [status(416, { method: 'PATCH' })], 'BAD_RESPONSE'],
    ['talks without end', [endlessError()], 'BAD_RESPONSE'],
    ['hangs up at the end', [hangUp({ method: 'PUT' })], 'CONNECTION_LOST'],
  ];
  for (const [name, faults, code] of cases) {
    it(`${name}: ${code}`, async () => {
      const place = await open({}, { faults, retries: 2 });
      const error = await fails(() => place.upload(LARGE), code);
      assert.ok(error.message.length < 1000, error.message);
      assert.equal(place.registry.blob('team/app', other), undefined);
    });
  }

  it('takes a small blob for another: DIGEST_MISMATCH', async () => {
    const place = await open({}, { faults: [contentDigest(other, { kind: 'upload', method: 'PUT' })] });
    await fails(() => place.upload(SMALL), 'DIGEST_MISMATCH');
  });

  it('says 201 before it has read the blob: asked whether it is there', async () => {
    const early = (keeps: boolean): Fault =>
      takeOver(
        (socket) => {
          socket.write(`HTTP/1.1 ${keeps ? 201 : 202} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
          socket.pause();
        },
        { method: 'PATCH' },
      );
    const place = await open({}, { faults: [early(true)], retries: 2 });
    await fails(() => place.upload(contentOf(40 * MIB, 8)), 'BAD_RESPONSE');
  });

  it('says nothing: STALLED', async () => {
    const place = await open(
      {},
      { faults: [neverAnswer({ method: 'PATCH' })], retries: 1, transport: { stallTimeout: 50 } },
    );
    await fails(() => place.upload(LARGE), 'STALLED');
  });

  it('is not told the password in what is shown', async () => {
    const echo = answerWith({ kind: 'upload', when: ({ content }) => content.streams }, ({ headers }) =>
      reply(400, {}, `you said ${headers.authorization}`),
    );
    const place = await open(
      { auth: bearerAuth({ users: { me: 'secret' } }) },
      { faults: [echo], keychain: async () => ({ username: 'me', password: 'secret' }) },
    );
    const error = await fails(() => place.upload(LARGE), 'BAD_RESPONSE');
    assert.match(error.message, /you said Bearer \*\*\*/);
  });
});

describe('what is uploaded', () => {
  it('is refused by the registry when it has another digest', async () => {
    const place = await open();
    const wrong = { ...LARGE, bytes: LARGE.bytes.toReversed() };
    await fails(() => place.upload(wrong), 'DIGEST_MISMATCH');
    assert.equal(place.registry.blob('team/app', LARGE.descriptor.digest), undefined);
  });

  for (const [name, bytes] of [
    ['shorter', LARGE.bytes.subarray(0, -1)],
    ['longer', Buffer.concat([LARGE.bytes, Buffer.from('x')])],
  ] as const) {
    it(`is not sent when it is ${name} than it should be`, async () => {
      const place = await open();
      await fails(() => place.upload({ ...LARGE, bytes }), 'SIZE_MISMATCH');
      assert.equal(place.registry.blob('team/app', LARGE.descriptor.digest), undefined);
    });
  }

  it('ends when its owner wants it to', async () => {
    const place = await open();
    const stop = new AbortController();
    const onSent = (bytes: number): void => {
      if (bytes > MIB) stop.abort();
    };
    await fails(() => place.upload(LARGE, { signal: stop.signal, onSent }), 'CANCELLED');
  });

  it('fails as its reader does', async () => {
    const { repository } = await open();
    const broken = new Error('no more');
    await assert.rejects(
      repository.upload(LARGE.descriptor, () => Promise.reject(broken)),
      broken,
    );
  });
});

/** The registry does what it is asked for, and the connection ends before it says so. */
function lostAnswer(method: string): Fault {
  let hits = 0;
  return async (request, next) => {
    const answer = await next(request);
    const isHit = request.kind === 'upload' && request.method === method && (hits += 1) === 1;
    return isHit ? { ...answer, delivery: { instead: 'hang-up' } } : answer;
  };
}

function endlessError(): Fault {
  return answerWith({ kind: 'upload', when: ({ method }) => method !== 'POST' }, () => ({
    ...reply(400, {}, 'no '.repeat(1000)),
    delivery: { endless: true, framing: 'chunked' as const },
  }));
}

async function fails(work: () => Promise<unknown>, code: ErrorCode): Promise<Error> {
  try {
    await work();
  } catch (error) {
    assert.ok(isDrayError(error), String(error instanceof Error ? error.stack : error));
    assert.ok(hasCode(error, code), `${error.code}: ${error.message}`);
    return error;
  }
  assert.fail(`it did not fail with ${code}`);
}
