/** Registries that send their clients elsewhere, and what may go along. */
import assert from 'node:assert/strict';
import {
  type Auth,
  answerWith,
  basicAuth,
  bearerAuth,
  createCertificate,
  type Fault,
  helloImage,
  helloIndex,
  type RequestKind,
  rawAnswer,
  redirect,
  redirectLoop,
  reply,
} from 'dray/testing';
import type { Handler } from './listener.ts';
import { type HostileCase, imageOf, playAll, type Scene, type Stage } from './stage.ts';

const hello = helloImage('amd64');
const index = helloIndex();

/** Has all content of the image under the paths of a registry, whatever the query. */
const storage: Handler = ({ url }, response) => {
  const [path = ''] = url.split('?');
  const name = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  const digest = name === '1' ? index.root.digest : name;
  const bytes = [...index.blobs].find(([key]) => key === digest)?.[1];
  if (name === 'list') response.end('{"name":"app","tags":["1","2"]}');
  else if (bytes === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
};

type Options = Omit<Scene, 'config'> & {
  readonly auth?: Auth;
  /** True: config.json knows a user. */
  readonly user?: boolean | 'by identity token';
  readonly limit?: number;
  readonly faults: (away: string, stage: Stage) => readonly Fault[];
  /** What the other server answers; the content by default. */
  readonly elsewhere?: Handler;
  /** Requests that the other server must have had. */
  readonly seen?: number | 'some';
};

function sent(name: string, expect: 'ok' | RegExp, options: Options): HostileCase {
  const { auth, user = auth !== undefined, limit, faults, elsewhere = storage, seen, ...scene } = options;
  return {
    name,
    expect,
    limit,
    scene: async (stage) => {
      const stranger = await stage.stranger(elsewhere);
      const registry = await stage.registry({
        images: { 'app:1': index, 'app:2': index },
        auth,
        faults: faults(stranger.url, stage),
      });
      const config =
        user === false ? undefined : stage.login(registry.host, user === true ? 'password' : 'identity token');
      const check = (): void => {
        if (seen === 'some') assert.ok(stranger.requests.length > 0, 'nobody came');
        else if (seen !== undefined) assert.equal(stranger.requests.length, seen);
      };
      const pull = registry.reference('app:1');
      const { tags, ...others } = scene;
      return tags === undefined
        ? { pull, holds: imageOf(hello, pull), config, check, ...others }
        : { tags: registry.reference('app'), config, check, lines: ['1', '2'], ...others };
    },
  };
}

/** Sends everything of one kind to the same path elsewhere. */
function away(kind: RequestKind, status: number): Options['faults'] {
  return (url) => [redirect(({ path }) => `${url}${path}?sig=x`, { kind, status })];
}

const users = { anna: 'pass-w0rd-of-anna' };
const ways = [
  ['without credentials', undefined],
  ['with Basic', basicAuth(users)],
  ['with Bearer', bearerAuth({ users })],
] as const;

playAll('to another port', [
  ...[301, 302, 303, 307, 308].flatMap((status) => [
    sent(`${status} for blobs`, 'ok', { faults: away('blob', status), seen: 'some' }),
    sent(`${status} for manifests`, 'ok', { faults: away('manifest', status), seen: 'some' }),
    sent(`${status} for tags`, 'ok', { faults: away('tags', status), seen: 1, tags: '' }),
  ]),
  ...ways.flatMap(([how, auth]) =>
    (['blob', 'manifest', 'tags'] as const).map((kind) =>
      sent(`${kind} ${how}`, 'ok', {
        ...(auth !== undefined && { auth }),
        user: true,
        faults: away(kind, 307),
        seen: 'some',
        ...(kind === 'tags' && { tags: '' }),
      }),
    ),
  ),
  ...(['blob', 'manifest', 'tags'] as const).map((kind) =>
    sent(`${kind} with a header of the user's own`, 'ok', {
      faults: (url, stage) => {
        stage.secret('key-of-anna');
        return away(kind, 307)(url, stage);
      },
      flags: ['--header', 'X-Api-Key=key-of-anna'],
      seen: 'some',
      ...(kind === 'tags' && { tags: '' }),
    }),
  ),
  sent('a token service that sends to another path', 'ok', {
    auth: bearerAuth({ users }),
    faults: () => [
      redirect(({ query }) => `/token?moved&${query.toString()}`, {
        kind: 'token',
        when: ({ query }) => !query.has('moved'),
      }),
    ],
  }),
  sent('another name of this machine', 'ok', {
    faults: (url) => [redirect(({ path }) => `${url.replace('127.0.0.1', 'localhost')}${path}`, { kind: 'blob' })],
    seen: 'some',
  }),
  sent('a token service that sends elsewhere', /./, {
    auth: bearerAuth({ users }),
    faults: away('token', 307),
    elsewhere: (_, response) => void response.writeHead(401).end(),
  }),
  sent('a token service that sends elsewhere, where a token is', /refuses|denied|wants/, {
    auth: bearerAuth({ users }),
    faults: away('token', 307),
    elsewhere: (_, response) => void response.end('{"token":"made-up"}'),
  }),
  sent('an identity token that is sent elsewhere', /./, {
    auth: bearerAuth({ identityTokens: { 'identity-token-of-anna': 'anna' }, users }),
    user: 'by identity token',
    faults: away('token', 308),
    seen: 0,
  }),
]);

/** Asks for credentials, as if it were the registry. */
function wants(challenge: (host: string) => string): Handler {
  return ({ headers }, response) => {
    response.writeHead(401, { 'www-authenticate': challenge(String(headers.host)) }).end('who are you?');
  };
}

const forbidden: Handler = (_, response) => {
  response
    .writeHead(403, { 'content-type': 'application/xml' })
    .end('<Error><Code>AccessDenied</Code><Message>signature a-signature-nobody-may-see</Message></Error>');
};

playAll('to another port that says no', [
  ...ways.flatMap(([how, auth]) => [
    sent(`asks for Basic, ${how}`, /denied|401/, {
      ...(auth !== undefined && { auth }),
      user: true,
      faults: away('blob', 307),
      elsewhere: wants(() => 'Basic realm="x"'),
    }),
    sent(`asks for Bearer, ${how}`, /denied|401/, {
      ...(auth !== undefined && { auth }),
      user: true,
      faults: away('blob', 307),
      elsewhere: wants((host) => `Bearer realm="http://${host}/token",service="s"`),
    }),
    sent(`asks for Bearer at a manifest, ${how}`, /denied|401/, {
      ...(auth !== undefined && { auth }),
      user: true,
      faults: away('manifest', 307),
      elsewhere: wants((host) => `Bearer realm="http://${host}/token",service="s"`),
    }),
  ]),
  sent('a signature in the query is not shown', /denied|403/i, {
    faults: (url, stage) => [
      redirect(({ path }) => `${url}${path}?X-Amz-Signature=${stage.hidden('a-query-nobody-may-see')}`, {
        kind: 'blob',
      }),
    ],
    elsewhere: forbidden,
  }),
  sent('other bytes', /digest|sha256|content/, {
    faults: away('blob', 307),
    elsewhere: (_, response) => void response.end('x'.repeat(337)),
  }),
  sent('nothing', /not found/, {
    faults: away('blob', 307),
    elsewhere: (_, response) => void response.writeHead(404).end(),
  }),
]);

function located(
  name: string,
  location: string | ((path: string, host: string) => string),
  expect: 'ok' | RegExp,
  more: Partial<Options> = {},
): HostileCase {
  const faults: Options['faults'] = (url) => [
    redirect(
      ({ path, headers }) =>
        (typeof location === 'string' ? location : location(path, String(headers.host))).replaceAll(
          '{away}',
          url.slice('http://'.length),
        ),
      { kind: 'blob', times: 1 },
    ),
  ];
  return sent(name, expect, { faults, ...more });
}

const noUrl = /no http URL|no Location/;

playAll('Locations', [
  located('a path', (path) => `${path}?again`, 'ok'),
  located('a path without its beginning', (path) => `./${path.slice(path.lastIndexOf('/') + 1)}?again`, 'ok'),
  located('dots', (path) => `../../app/./blobs/${path.slice(path.lastIndexOf('/') + 1)}?again`, 'ok'),
  located('a query alone', () => '?again', 'ok'),
  located('no scheme', (path) => `//{away}${path}`, 'ok', { seen: 1 }),
  located('a scheme in capitals', (path) => `HTTP://{away}${path}`, 'ok', { seen: 1 }),
  located('a fragment', (path) => `http://{away}${path}#part`, 'ok', { seen: 1 }),
  located('a user', (path) => `http://eve:x@{away}${path}`, 'ok', { seen: 1 }),
  located(
    'letters that need escaping',
    (path) => `http://{away}/ä b"<>${path}`.replace('ä', Buffer.from('ä').toString('latin1')),
    'ok',
    { seen: 1 },
  ),
  located('a query of 10 KB', (path) => `http://{away}${path}?sig=${'x'.repeat(10_000)}`, 'ok', { seen: 1 }),
  located('none', '', noUrl),
  located('nonsense', 'http://', noUrl),
  located('half an address', 'http://[::1', noUrl),
  located('a port that is none', 'http://127.0.0.1:99999/x', noUrl),
  located('a file', 'file:///etc/passwd', noUrl),
  located('data', 'data:text/plain,hello', noUrl),
  located('ftp', 'ftp://{away}/x', noUrl),
  located('javascript', 'javascript:alert(1)', noUrl),
  located('once to a port where nobody listens', 'http://127.0.0.1:1/x', 'ok'),
  sent('always to a port where nobody listens', /refused the connection/, {
    faults: () => [redirect('http://127.0.0.1:1/x', { kind: 'blob' })],
    limit: 30,
  }),
  located("a cloud's metadata service", 'http://169.254.169.254/latest/', /metadata/),
  located("a cloud's metadata service by another name", 'http://2852039166/latest/', /metadata/),
  sent('a host that does not exist', /registry\.invalid/, {
    faults: () => [redirect('http://registry.invalid/x', { kind: 'blob' })],
    limit: 30,
  }),
  sent('itself', /loop/, { faults: () => [redirectLoop({ kind: 'blob' })] }),
  sent('itself, for manifests', /loop/, { faults: () => [redirectLoop({ kind: 'manifest' })] }),
  sent('itself, for tags', /loop/, {
    faults: () => [redirect(({ path }) => `${path}?n=1000`, { kind: 'tags' })],
    tags: '',
  }),
  sent('in a circle of two', /loop/, {
    faults: () => [redirect(({ path, query }) => (query.has('a') ? path : `${path}?a`), { kind: 'blob' })],
  }),
  sent('to a new address each time', /redirects already/, {
    faults: () => [redirect(({ path, number }) => `${path}?n=${number}`, { kind: 'blob' })],
  }),
  sent('nine times, then there', 'ok', {
    faults: () => [redirect(({ path, number }) => `${path}?n=${number}`, { kind: 'blob', times: 9 })],
  }),
  sent('two Locations', /more than one Location|Location/, {
    faults: () => [answerWith({ kind: 'blob' }, () => reply(307, { location: ['/a', '/b'] }))],
  }),
  sent('no Location', noUrl, { faults: () => [answerWith({ kind: 'blob' }, () => reply(307, {}))] }),
  sent('a Location with a line end and a header', /./, {
    faults: () => [
      rawAnswer('HTTP/1.1 307 Temporary\r\nLocation: /x\rSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n', {
        kind: 'blob',
      }),
    ],
    limit: 30,
  }),
  sent('a Location with escape sequences', /no http URL|loop|not found|control/, {
    faults: () => [
      rawAnswer('HTTP/1.1 307 Temporary\r\nLocation: foo\u001b[31m:bar\r\nContent-Length: 0\r\n\r\n', { kind: 'blob' }),
    ],
    limit: 30,
  }),
  sent('300', /300/, { faults: () => [answerWith({ kind: 'manifest' }, () => reply(300, { location: '/x' }))] }),
  sent('304', /304/, { faults: () => [answerWith({ kind: 'manifest' }, () => reply(304, {}))] }),
  sent('204', /204/, { faults: () => [answerWith({ kind: 'manifest' }, () => reply(204, {}))] }),
  sent('206 for a manifest', /206/, { faults: () => [answerWith({ kind: 'manifest' }, () => reply(206, {}, 'part'))] }),
]);

const certificate = createCertificate({ name: '127.0.0.1', hosts: ['127.0.0.1'] });

/** A registry that speaks TLS, asked with --insecure. */
function overTls(
  name: string,
  expect: 'ok' | RegExp,
  faults: (stranger: string) => readonly Fault[],
  seen?: number,
): HostileCase {
  return {
    name,
    expect,
    scene: async (stage) => {
      const stranger = await stage.stranger(storage);
      const auth = bearerAuth({ users });
      const registry = await stage.registry({
        images: { 'app:1': index },
        tls: certificate,
        auth,
        faults: faults(stranger.url),
      });
      const pull = registry.reference('app:1');
      const check = (): void => {
        if (seen !== undefined) assert.equal(stranger.requests.length, seen);
      };
      return { pull, holds: imageOf(hello, pull), config: stage.login(registry.host), check };
    },
  };
}

playAll('from TLS', [
  overTls('a registry with a certificate of its own', 'ok', () => []),
  overTls(
    'blobs over plain http',
    /leave https/,
    (url) => [redirect(({ path }) => `${url}${path}`, { kind: 'blob' })],
    0,
  ),
  overTls(
    'manifests over plain http',
    /leave https/,
    (url) => [redirect(({ path }) => `${url}${path}`, { kind: 'manifest' })],
    0,
  ),
  overTls(
    'tokens over plain http',
    /leave https/,
    (url) => [redirect(({ path }) => `${url}${path}`, { kind: 'token' })],
    0,
  ),
  overTls(
    'a token service over plain http',
    /without encryption/,
    (url) => [
      answerWith({ kind: 'manifest', when: ({ headers }) => headers.authorization === undefined }, () =>
        reply(401, { 'www-authenticate': `Bearer realm="${url}/token"` }),
      ),
    ],
    0,
  ),
  overTls('its own address over plain http', /leave https/, () => [
    redirect(({ path, headers }) => `http://${headers.host}${path}`, { kind: 'blob' }),
  ]),
]);
