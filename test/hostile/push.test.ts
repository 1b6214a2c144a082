/** Registries that lie while an image is pushed to them: no false success, no credentials elsewhere, and an end in any case. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { digestOf, gzipped, wrap } from './layers-image.ts';
import { file, tar } from './layers-tar.ts';
import { type Listener, listen } from './listener.ts';
import { checkManners } from './manners.ts';
import { failure, type PushOptions, PushRegistry, type PushRequest } from './push-registry.ts';
import { type Ended, runDray } from './run-dray.ts';

interface PushCase {
  readonly name: string;
  /** What the registry does; `elsewhere` is another server, which must never see a credential. */
  readonly lies: (elsewhere: Listener) => PushOptions;
  /** It succeeds and everything is there; it fails with a text; or either, and a success is a true one. */
  readonly expect: 'pushed' | 'contained' | RegExp;
  readonly limit?: number;
  readonly flags?: readonly string[];
  /** The registry wants a password, which is known. */
  readonly login?: boolean;
  readonly check?: (registry: PushRegistry, ended: Ended, elsewhere: Listener) => void;
}

const PASSWORD = 'anna:pass-w0rd-of-anna';
const QUICK = ['--retry', '1', '--stall-timeout', '1s'];
const layer = gzipped(tar(file('random', randomBytes(3 << 20))));

function always(kind: PushRequest['kind'], lie: ReturnType<NonNullable<PushOptions['lie']>>): () => PushOptions {
  return () => ({ lie: (request) => (request.kind === kind ? lie : undefined) });
}

/** The first `count` requests of a kind are answered so. */
function first(
  count: number,
  kind: PushRequest['kind'],
  lie: ReturnType<NonNullable<PushOptions['lie']>>,
): () => PushOptions {
  return () => ({ lie: (request) => (request.kind === kind && request.count <= count ? lie : undefined) });
}

/** The honest answer to the start of an upload, with other headers. */
function started(headers: (id: string) => Readonly<Record<string, string>>): () => PushOptions {
  return () => ({
    lie: ({ kind, count, url }, registry) => {
      if (kind !== 'start') return undefined;
      const id = `own-${count}`;
      registry.uploads.set(id, Buffer.alloc(0));
      return { status: 202, headers: { location: `${url.pathname}${id}`, ...headers(id) } };
    },
  });
}

function located(location: string): () => PushOptions {
  return always('start', { status: 202, headers: { location } });
}

const elsewhereHas = (_registry: PushRegistry, _ended: Ended, { requests }: Listener): void => {
  assert.ok(requests.length < 50, `${requests.length} requests elsewhere`);
};

const few = (registry: PushRegistry): void => {
  assert.ok(registry.requests.length < 200, `${registry.requests.length} requests`);
};

const noManifest = (registry: PushRegistry): void => {
  assert.equal(registry.manifests.size, 0, 'a manifest was put');
};

const STATED = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` };

const cases: readonly PushCase[] = [
  { name: 'honest', lies: () => ({}), expect: 'pushed' },
  { name: 'honest, with a password', lies: () => ({ basic: PASSWORD }), login: true, expect: 'pushed' },
  {
    name: 'another digest for the manifest',
    lies: always('put manifest', { status: 201, headers: STATED }),
    expect: /took sha256:/,
  },
  {
    name: 'a digest for the manifest that is none',
    lies: always('put manifest', { status: 201, headers: { 'docker-content-digest': '../../x' } }),
    expect: 'contained',
  },
  {
    name: 'another digest for a blob',
    lies: always('finish', { status: 201, headers: { ...STATED, location: '/x' } }),
    expect: /took blob|digest|unknown/i,
  },
  { name: '201 for blobs that are not kept', lies: always('finish', { status: 201 }), expect: /unknown/i },
  { name: '202 at the end, and nothing is kept', lies: always('finish', { status: 202 }), expect: /./, flags: QUICK },
  { name: '204 at the end, and nothing is kept', lies: always('finish', { status: 204 }), expect: /./, flags: QUICK },
  {
    name: '200 with a page at the start',
    lies: always('start', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>log in</html>' }),
    expect: /./,
    flags: QUICK,
    check: noManifest,
  },
  {
    name: '201 at the start, as if it were mounted',
    lies: always('start', { status: 201, headers: { location: '/v2/app/blobs/x' } }),
    expect: /unknown|201|not/i,
    flags: QUICK,
  },
  { name: '200 for blobs that are not there', lies: always('blob', { status: 200 }), expect: 'contained' },
  {
    name: '200 for blobs that are not there, without a length',
    lies: always('blob', { status: 200, headers: { 'transfer-encoding': 'chunked' } }),
    expect: 'contained',
  },
  {
    name: '200 for blobs, of other digest and size',
    lies: always('blob', { status: 200, headers: { ...STATED, 'content-length': '3' } }),
    expect: 'contained',
  },
  { name: '201 for a manifest that is not kept', lies: always('put manifest', { status: 201 }), expect: 'contained' },
  { name: '200 and 202 for a manifest', lies: always('put manifest', { status: 202 }), expect: 'contained' },
  {
    name: 'a manifest that is said to be there',
    lies: always('manifest', {
      status: 200,
      headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json', ...STATED },
    }),
    expect: 'contained',
  },
  {
    name: 'a place elsewhere',
    lies: ({ url }) => ({ basic: PASSWORD, lie: started(() => ({ location: `${url}/upload?x=y` }))().lie }),
    login: true,
    expect: 'contained',
    flags: QUICK,
    check: elsewhereHas,
  },
  {
    name: 'a place at another name of this host',
    lies: ({ port }) => ({
      basic: PASSWORD,
      lie: started(() => ({ location: `http://localhost:${port}/upload` }))().lie,
    }),
    login: true,
    expect: 'contained',
    flags: QUICK,
    check: elsewhereHas,
  },
  {
    name: 'a place with credentials in it',
    lies: ({ host }) => ({ basic: PASSWORD, lie: started(() => ({ location: `http://x:y@${host}/upload` }))().lie }),
    login: true,
    expect: 'contained',
    flags: QUICK,
  },
  ...[
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'javascript:alert(1)',
    'http://',
    'http://[::1',
    '//',
    '\\\\x\\y',
    ' ',
    'http://127.0.0.1:1/x',
    'https://127.0.0.1:1/x',
    `/${'x'.repeat(12_000)}`,
  ].map(
    (location): PushCase => ({
      name: `the place ${JSON.stringify(location.slice(0, 40))}`,
      lies: located(location),
      expect: /./,
      flags: QUICK,
      check: noManifest,
    }),
  ),
  {
    name: 'no place',
    lies: always('start', { status: 202 }),
    expect: /location|where/i,
    flags: QUICK,
    check: noManifest,
  },
  {
    name: 'a redirect elsewhere',
    lies: ({ url }) => ({
      basic: PASSWORD,
      lie: ({ kind }) =>
        kind === 'start' || kind === 'finish' ? { status: 307, headers: { location: `${url}/x` } } : undefined,
    }),
    login: true,
    expect: /./,
    flags: QUICK,
    check: (registry, _, elsewhere) => {
      noManifest(registry);
      elsewhereHas(registry, _, elsewhere);
    },
  },
  {
    name: 'a redirect of the manifest elsewhere',
    lies: ({ url }) => ({
      basic: PASSWORD,
      lie: ({ kind }) => (kind === 'put manifest' ? { status: 308, headers: { location: `${url}/x` } } : undefined),
    }),
    login: true,
    expect: /./,
    flags: QUICK,
    check: noManifest,
  },
  {
    name: 'redirects in a ring',
    lies: () => ({
      lie: ({ kind, url }) =>
        kind === 'start' || kind === 'finish' ? { status: 307, headers: { location: url.href } } : undefined,
    }),
    expect: /redirect/i,
    check: few,
  },
  {
    name: 'a redirect that makes a GET of it',
    lies: () => ({
      lie: ({ kind }) =>
        kind === 'finish' || kind === 'patch' ? { status: 303, headers: { location: '/v2/' } } : undefined,
    }),
    expect: /./,
    flags: QUICK,
    check: noManifest,
  },
  {
    name: 'a realm at another name of this host',
    lies: ({ port }) => ({
      lie: () => ({
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="http://localhost:${port}/token",service="s"` },
      }),
    }),
    login: true,
    expect: /./,
    flags: QUICK,
  },
  {
    name: 'a challenge in the middle, again and again',
    lies: () => ({
      basic: PASSWORD,
      lie: ({ kind }) =>
        kind === 'finish' ? { status: 401, headers: { 'www-authenticate': 'Basic realm="again"' } } : undefined,
    }),
    login: true,
    expect: /./,
    flags: QUICK,
    check: few,
  },
  {
    name: 'a challenge in the middle, once',
    lies: first(1, 'finish', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }),
    login: true,
    expect: 'contained',
    flags: QUICK,
  },
  ...['9223372036854775807', '1e300', '-1', '0', 'x', '', '99999999999999999999999999'].map(
    (length): PushCase => ({
      name: `chunks of at least ${JSON.stringify(length)} bytes`,
      lies: started(() => ({ 'oci-chunk-min-length': length })),
      expect: 'pushed',
    }),
  ),
  ...['0-0', '0-99999999999', '5-4', '-1-5', 'x', '', 'bytes=0-1', '0-9223372036854775807'].map(
    (range): PushCase => ({
      name: `the range ${JSON.stringify(range)} for what has come`,
      lies: () => ({
        cutAfter: 1 << 20,
        lie: ({ kind, url }) =>
          kind === 'status' ? { status: 204, headers: { range, location: url.href } } : undefined,
      }),
      expect: 'contained',
      check: few,
    }),
  ),
  { name: 'a cut in the middle', lies: () => ({ cutAfter: 1 << 20 }), expect: 'pushed' },
  {
    name: 'a cut in the middle, and the session is lost',
    lies: () => ({
      cutAfter: 1 << 20,
      lie: ({ kind }, registry) => {
        if (kind === 'status') registry.forgetUploads();
        return undefined;
      },
    }),
    expect: 'pushed',
  },
  { name: 'the connection ends at each start', lies: always('start', 'cut'), expect: /./, flags: QUICK, check: few },
  {
    name: 'the connection ends at each manifest',
    lies: always('put manifest', 'cut'),
    expect: /./,
    flags: QUICK,
    check: few,
  },
  {
    name: 'the connection ends at the first of all',
    lies: () => ({ lie: ({ count }) => (count === 1 ? 'cut' : undefined) }),
    expect: 'pushed',
  },
  {
    name: 'a digest that is never right',
    lies: always('finish', failure(400, 'DIGEST_INVALID')),
    expect: /./,
    check: few,
    flags: QUICK,
  },
  {
    name: 'an upload that is never known',
    lies: always('finish', failure(404, 'BLOB_UPLOAD_UNKNOWN')),
    expect: /./,
    check: few,
    flags: QUICK,
  },
  { name: '500 always', lies: () => ({ lie: () => failure(500, 'UNKNOWN') }), expect: /500/, flags: QUICK, check: few },
  {
    name: '503 always, for blobs',
    lies: always('finish', failure(503, 'UNAVAILABLE')),
    expect: /503/,
    flags: QUICK,
    check: few,
  },
  {
    name: '502 twice, everywhere',
    lies: () => ({ lie: ({ count }) => (count <= 2 ? failure(502, 'UNKNOWN') : undefined) }),
    expect: 'pushed',
  },
  {
    name: '413 for blobs',
    lies: () => ({
      lie: ({ kind }) =>
        kind === 'finish' || kind === 'patch'
          ? { status: 413, body: '<html>413 Request Entity Too Large</html>' }
          : undefined,
    }),
    expect: /413|too large/i,
    check: few,
  },
  {
    name: '413 for the manifest',
    lies: always('put manifest', failure(413, 'SIZE_INVALID')),
    expect: /413|too large|SIZE/i,
    check: few,
  },
  {
    name: '429 with years to wait',
    lies: always('start', { status: 429, headers: { 'retry-after': '99999999' } }),
    expect: /429|too many|wait/i,
    flags: QUICK,
  },
  {
    name: '429 with a date in the year 9999',
    lies: always('finish', { status: 429, headers: { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' } }),
    expect: /429|too many|wait/i,
    flags: QUICK,
  },
  ...['-5', 'soon', '', '1e9', '0'].map(
    (wait): PushCase => ({
      name: `429 once, with ${JSON.stringify(wait)} to wait`,
      lies: first(1, 'start', { status: 429, headers: { 'retry-after': wait } }),
      expect: 'pushed',
    }),
  ),
  { name: 'no answer to the start', lies: always('start', 'silence'), expect: /./, flags: QUICK },
  {
    name: 'no answer to blobs',
    lies: () => ({ lie: ({ kind }) => (kind === 'finish' || kind === 'patch' ? 'silence' : undefined) }),
    expect: /./,
    flags: QUICK,
  },
  { name: 'no answer to the manifest', lies: always('put manifest', 'silence'), expect: /./, flags: QUICK },
  { name: 'no answer to anything', lies: () => ({ lie: () => 'silence' }), expect: /./, flags: QUICK },
  { name: 'an answer without end to blobs', lies: always('finish', 'endless'), expect: 'contained', flags: QUICK },
  {
    name: 'an answer without end to the manifest',
    lies: always('put manifest', 'endless'),
    expect: 'contained',
    flags: QUICK,
  },
  {
    name: 'an answer without end to everything',
    lies: () => ({ lie: () => 'endless' }),
    expect: 'contained',
    flags: QUICK,
  },
  {
    name: 'an error of 64 MiB',
    lies: always('put manifest', {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: `{"errors":[{"code":"X","message":"${'x'.repeat(64 << 20)}"}]}`,
    }),
    expect: /400/,
    check: few,
  },
  {
    name: 'an error with escape sequences',
    lies: always(
      'put manifest',
      failure(400, '\x1b[31mMANIFEST_INVALID', '\x1b]0;owned\x07\x1b[2J\r\nlatest: digest: sha256:0 size: 1\u202e'),
    ),
    expect: /manifest.invalid/i,
    check: few,
  },
  {
    name: 'access denied',
    lies: always('start', failure(403, 'DENIED')),
    expect: /denied/i,
    check: (registry) => {
      few(registry);
      noManifest(registry);
    },
  },
];

async function play(one: PushCase): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dray-push-'));
  const elsewhere = await listen((request, response) => {
    response.writeHead(request.method === 'PUT' ? 201 : 202, { location: '/again' }).end();
  });
  const registry = new PushRegistry(one.lies(elsewhere));
  await registry.start();
  try {
    const image = wrap([layer], 'oci-archive', folder);
    if (one.login === true) {
      const auth = Buffer.from(PASSWORD).toString('base64');
      mkdirSync(join(folder, 'docker'));
      writeFileSync(join(folder, 'docker/config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    }
    const name = `${registry.host}/team/app:1`;
    const args = ['--root', join(folder, 'root'), 'push', '--insecure', ...(one.flags ?? []), image, name];
    const ended = await runDray(args, { folder, seconds: one.limit ?? 20 });
    checkManners(ended);
    for (const request of elsewhere.requests) {
      const all = JSON.stringify(request);
      assert.ok(
        !all.includes('pass-w0rd') && !all.includes(Buffer.from(PASSWORD).toString('base64')),
        `sent elsewhere: ${all.slice(0, 500)}`,
      );
    }
    assert.ok(!`${ended.stdout}${ended.stderr}`.includes('pass-w0rd'), 'a password was printed');
    checkEnd(one, registry, ended);
    one.check?.(registry, ended, elsewhere);
  } finally {
    await Promise.all([registry.close(), elsewhere.close()]);
    execFileSync('rm', ['-rf', folder]);
  }
}

function checkEnd({ expect }: PushCase, registry: PushRegistry, { status, stdout, stderr }: Ended): void {
  if (status === 0) {
    assert.ok(!(expect instanceof RegExp), `it succeeded: ${stdout}${stderr}`);
    assert.match(stdout, /digest: sha256:/);
    const manifest = registry.manifests.get('1');
    if (expect === 'contained' && manifest === undefined) return;
    assert.ok(manifest !== undefined, 'no manifest');
    assert.ok(stdout.includes(digestOf(manifest)), stdout);
    const { config, layers } = JSON.parse(manifest.toString()) as Record<string, { digest: string }[]> & {
      config: { digest: string };
    };
    for (const { digest } of [config, ...(layers ?? [])])
      assert.equal(digestOf(registry.blobs.get(digest) ?? ''), digest);
    return;
  }
  assert.notEqual(expect, 'pushed', `exit ${status}: ${stderr}`);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /^dray: /m);
  assert.doesNotMatch(stdout, /digest: sha256:/, 'it says that it was pushed');
  if (expect instanceof RegExp) assert.match(stderr, expect);
}

describe('registries that lie', { concurrency: 2 }, () => {
  for (const one of cases) it(one.name, () => play(one));
});
