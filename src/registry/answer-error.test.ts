import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { isDrayError } from '#errors';
import type { Digest } from '#oci';
import { answerWith, type Fault, redirectTo, reply, startRegistry, status, type TestRegistry } from '#testing';
import { type Clock, systemClock } from '#timing';
import { createRepository } from './repository.ts';
import type { OpenRepository } from './types.ts';

const registries: TestRegistry[] = [];
const repositories: OpenRepository[] = [];
after(async () => {
  for (const repository of repositories) repository.close();
  await Promise.all(registries.map((registry) => registry.close()));
});

async function open(faults: readonly Fault[], clock: Clock = systemClock): Promise<OpenRepository> {
  const registry = await startRegistry({ faults });
  registries.push(registry);
  const endpoint = { url: registry.url, domain: 'docker.io', mirror: false };
  const repository = createRepository({ endpoint, path: 'library/app', retries: 0, clock });
  repositories.push(repository);
  return repository;
}

const digest: Digest = `sha256:${'a'.repeat(64)}`;
const ask = {
  manifest: (repository: OpenRepository): Promise<unknown> => repository.manifest('1'),
  blob: (repository: OpenRepository): Promise<unknown> => repository.fetch({ mediaType: 'x', digest, size: 5 }),
  tags: async (repository: OpenRepository): Promise<void> => {
    for await (const _ of repository.tags());
  },
};

const document = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message, detail: {} }] });

type Case = readonly [what: keyof typeof ask, status: number, body: string, code: string, message: RegExp | string];
const cases: readonly Case[] = [
  [
    'manifest',
    404,
    document('MANIFEST_UNKNOWN', 'manifest unknown'),
    'MANIFEST_UNKNOWN',
    'manifest for app:1 not found: manifest unknown: manifest unknown',
  ],
  [
    'manifest',
    404,
    document('NAME_UNKNOWN', 'repository name not known to registry'),
    'NAME_UNKNOWN',
    'repository app not found: name unknown: repository name not known to registry',
  ],
  ['manifest', 404, '', 'MANIFEST_UNKNOWN', 'manifest for app:1 not found'],
  ['manifest', 404, '404 page not found\n', 'MANIFEST_UNKNOWN', 'manifest for app:1 not found: 404 page not found'],
  [
    'blob',
    404,
    document('BLOB_UNKNOWN', 'blob unknown to registry'),
    'BLOB_UNKNOWN',
    `blob ${digest} of app not found: blob unknown: blob unknown to registry`,
  ],
  ['blob', 404, document('MANIFEST_UNKNOWN', 'x'), 'BLOB_UNKNOWN', /^blob sha256:a+ of app not found/],
  ['tags', 404, document('NAME_UNKNOWN', 'x'), 'NAME_UNKNOWN', 'repository app not found: name unknown: x'],
  ['tags', 404, '', 'NAME_UNKNOWN', 'repository app not found'],
  [
    'manifest',
    401,
    document('UNAUTHORIZED', 'authentication required'),
    'UNAUTHORIZED',
    /^pull access denied for app, repository does not exist or may require 'dray login': .*authentication required/,
  ],
  [
    'manifest',
    403,
    document('DENIED', 'requested access to the resource is denied'),
    'DENIED',
    /^pull access denied for app, .*requested access to the resource is denied$/,
  ],
  [
    'manifest',
    404,
    document('DENIED', 'requested access'),
    'DENIED',
    /^pull access denied for app, .*denied: requested access$/,
  ],
  [
    'manifest',
    429,
    document('TOOMANYREQUESTS', 'You have reached your pull rate limit.'),
    'TOO_MANY_REQUESTS',
    'toomanyrequests: You have reached your pull rate limit.',
  ],
  ['manifest', 429, '', 'TOO_MANY_REQUESTS', /^toomanyrequests: http:\/\/127\S+ limits requests$/],
  [
    'manifest',
    500,
    document('UNKNOWN', 'unknown error'),
    'SERVER_FAILED',
    /^http:\/\/127\S+\/v2\/library\/app\/manifests\/1 answered 500 to the request for app:1: unknown: unknown error$/,
  ],
  [
    'manifest',
    503,
    '<!doctype html><html><head><title>503 Service\n Unavailable</title></head><body>lots of text</body>',
    'SERVER_FAILED',
    /answered 503 to the request for app:1: 503 Service Unavailable$/,
  ],
  [
    'manifest',
    502,
    '<html><style>a{}</style><h1>Bad <b>Gateway</b></h1></html>',
    'SERVER_FAILED',
    /app:1: Bad Gateway$/,
  ],
  ['manifest', 400, document('MANIFEST_INVALID', 'no'), 'BAD_RESPONSE', /answered 400 .*: manifest invalid: no$/],
  ['manifest', 400, document('NAME_UNKNOWN', 'no'), 'NAME_UNKNOWN', /repository app not found/],
  ['manifest', 418, '{"message":"I am a teapot"}', 'BAD_RESPONSE', /answered 418 .*: I am a teapot$/],
  ['manifest', 404, '{"errors":[]}', 'MANIFEST_UNKNOWN', /not found: \{"errors":\[\]\}$/],
  ['manifest', 404, '{"errors":[null]}', 'MANIFEST_UNKNOWN', /not found/],
  ['manifest', 404, '{"errors":"x"}', 'MANIFEST_UNKNOWN', /not found/],
  [
    'manifest',
    404,
    document('MANIFEST_UNKNOWN', '\u001b[2J\u001b]0;title\u0007\r\nred\u202e'),
    'MANIFEST_UNKNOWN',
    /not found: manifest unknown: red$/,
  ],
  ['manifest', 404, document('MANIFEST_UNKNOWN', 'x'.repeat(100_000)), 'MANIFEST_UNKNOWN', /^.{0,400}$/],
  ['manifest', 404, document('MANIFEST_UNKNOWN', 'x'.repeat(5000)), 'MANIFEST_UNKNOWN', /x…$/],
];

describe('answers that are no success', () => {
  for (const [what, code, body, expected, message] of cases) {
    it(`${what}: ${code} ${body.slice(0, 60)}`, async () => {
      const repository = await open([status(code, { body })]);
      await assert.rejects(ask[what](repository), (error: unknown) => {
        assert.ok(isDrayError(error));
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message);
        // oxlint-disable-next-line no-control-regex -- what must not be there
        assert.doesNotMatch(JSON.stringify(error.detail) + error.message, /[\u0000-\u001f]/);
        assert.equal(error.code, expected);
        return true;
      });
    });
  }

  it('has the status and what the registry said as facts', async () => {
    const repository = await open([status(404, { body: document('MANIFEST_UNKNOWN', 'no such thing') })]);
    await assert.rejects(repository.manifest('1'), (error: unknown) => {
      assert.ok(isDrayError(error));
      const { url, ...rest } = error.detail;
      assert.deepEqual(rest, { status: 404, registryCode: 'MANIFEST_UNKNOWN', registryMessage: 'no such thing' });
      assert.match(String(url), /^http:\/\/127\S+\/v2\/library\/app\/manifests\/1$/);
      return true;
    });
  });

  it('does not repeat what the registry was shown, nor half of it', async () => {
    const token = 'a-token-that-nobody-may-see';
    const echo = (text: string): Fault => answerWith({}, () => reply(418, {}, text));
    for (const body of [
      document('X', `you sent Bearer ${token}`),
      document(token, `${'x'.repeat(290)}${token}`),
      `<title>${token}</title>`,
      document('X', token.split('').join('\u001b[0m')),
      token,
    ]) {
      const registry = await startRegistry({ faults: [echo(body)] });
      registries.push(registry);
      const endpoint = { url: registry.url, domain: 'docker.io', mirror: false };
      const authorization = `Bearer ${token}`;
      const repository = createRepository({ endpoint, path: 'library/app', retries: 0, authorization });
      repositories.push(repository);
      await assert.rejects(repository.manifest('1'), (error: unknown) => {
        assert.ok(isDrayError(error));
        assert.doesNotMatch(`${error.message}${JSON.stringify(error.detail)}`, /a-token/);
        return true;
      });
    }
  });

  it('says who it was that refused, where the registry had sent us elsewhere', async () => {
    for (const code of [401, 403]) {
      const away = await startRegistry({ faults: [status(code, { body: 'who are you?' })] });
      registries.push(away);
      const repository = await open([redirectTo(away.url)]);
      await assert.rejects(repository.manifest('1'), (error: unknown) => {
        assert.ok(isDrayError(error));
        assert.equal(error.code, code === 401 ? 'UNAUTHORIZED' : 'DENIED');
        assert.equal(
          error.message,
          `${away.url}/v2/library/app/manifests/1 answered ${code} to the request for app:1: who are you?`,
        );
        assert.equal(error.hint, undefined);
        return true;
      });
    }
  });

  it('does not wait for error bodies without end or without progress', async () => {
    const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 50), signal) };
    for (const delivery of [{ endless: true }, { stallAfter: 500 }, { rate: 20 }]) {
      const fault = answerWith({}, () => ({ ...reply(404, {}, 'x'.repeat(1000)), delivery }));
      const repository = await open([fault], hasty);
      const began = performance.now();
      await assert.rejects(repository.manifest('1'), { code: 'MANIFEST_UNKNOWN', message: /not found/ });
      assert.ok(performance.now() - began < 4_000);
    }
  });
});
