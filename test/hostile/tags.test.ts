/** Lists of tags that are odd, wrong, endless, or lead elsewhere. */
import assert from 'node:assert/strict';
import {
  answerWith,
  bearerAuth,
  changeReply,
  type Fault,
  helloImage,
  type RegistryOptions,
  type RegistryRequest,
  type Reply,
  reply,
  status,
} from 'dray/testing';
import { type HostileCase, playAll, type Stage } from './stage.ts';

const hello = helloImage('amd64');

type Options = {
  readonly limit?: number;
  readonly lines?: readonly string[];
  readonly says?: RegExp;
  readonly registry?: RegistryOptions;
};

/** The registry's own list is not asked; `answer` is. */
function listed(
  name: string,
  expect: 'ok' | RegExp,
  answer: (request: RegistryRequest) => Reply,
  options: Options = {},
): HostileCase {
  const { limit, registry: more, ...scene } = options;
  return {
    name,
    expect,
    limit,
    scene: async (stage) => {
      const registry = await stage.registry({
        images: { 'app:1': hello },
        ...more,
        faults: [...(more?.faults ?? []), answerWith({ kind: 'tags' }, answer)],
      });
      return { tags: registry.reference('app'), ...scene };
    },
  };
}

function page(tags: unknown, link?: string): Reply {
  return reply(
    200,
    { 'content-type': 'application/json', ...(link !== undefined && { link }) },
    JSON.stringify({ name: 'app', tags }),
  );
}

/** The body as it is. */
function body(
  name: string,
  expect: 'ok' | RegExp,
  content: string | Uint8Array,
  lines?: readonly string[],
): HostileCase {
  return listed(
    name,
    expect,
    () => reply(200, { 'content-type': 'application/json' }, content),
    lines === undefined ? {} : { lines },
  );
}

const thousands = Array.from({ length: 100_000 }, (_, at) => `tag-${at}`);

playAll('one page', [
  body('a few', 'ok', '{"name":"app","tags":["b","a","latest"]}', ['b', 'a', 'latest']),
  body('null', 'ok', '{"name":"app","tags":null}', []),
  body('none', 'ok', '{"name":"app","tags":[]}', []),
  body('the same tag several times', 'ok', '{"tags":["a","b","a","a"]}', ['a', 'b']),
  body('no name, another name, unknown fields', 'ok', '{"tags":["a"],"name":7,"next":null,"errors":[]}', ['a']),
  body('100,000 tags', 'ok', JSON.stringify({ tags: thousands }), thousands),
  body(
    'the longest tag, and one that is longer',
    'ok',
    JSON.stringify({ tags: ['x'.repeat(128), 'y'.repeat(129), 'z'.repeat(1_000_000)] }),
    ['x'.repeat(128)],
  ),
  body(
    'escape sequences',
    'ok',
    JSON.stringify({ tags: ['good', '\u001b[31mred', 'a\nb', 'a\rb', '\u009b2J', 'a\u202eb', 'too good'] }),
    ['good'],
  ),
  body('paths and options', 'ok', JSON.stringify({ tags: ['../../etc/passwd', '-rf', '', 'a/b', 'a b', 'ok'] }), [
    'ok',
  ]),
  body('what is no text', 'ok', '{"tags":["a",1,null,["b"],{"c":1},true]}', ['a']),
  body('no tags', /no list of tags/, '{}'),
  body('a text for tags', /no list of tags/, '{"tags":"latest"}'),
  body('an object for tags', /no list of tags/, '{"tags":{"0":"latest"}}'),
  body('a list', /no list of tags/, '["latest"]'),
  body('null for all', /no list of tags/, 'null'),
  body('a number', /no list of tags/, '7'),
  body('no byte', /not JSON/, ''),
  body('HTML', /not JSON/, '<html><head><title>Welcome</title></head></html>'),
  body('half a page', /not JSON/, '{"name":"app","tags":["a","b"'),
  body('something behind the page', /not JSON/, '{"tags":["a"]} {"tags":["b"]}'),
  body('an error with status 200', /no list of tags/, '{"errors":[{"code":"DENIED","message":"no"}]}'),
  body('nested 100,000 deep', 'ok', `{"tags":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, []),
  body('a page of 5 MB', /4194304 bytes/, JSON.stringify({ tags: ['x'.repeat(5_000_000)] })),
  listed('a page without end', /4194304 bytes/, () => ({
    ...page(['a']),
    delivery: { framing: 'chunked', endless: true },
  })),
  listed('a page of 100 MB', /4194304 bytes/, () => reply(200, {}, Buffer.alloc(100 << 20, ' '))),
  listed('served as text', 'ok', () => reply(200, { 'content-type': 'text/plain' }, '{"tags":["a"]}'), {
    lines: ['a'],
  }),
  listed('204', /204/, () => reply(204, {})),
  listed('404', /repository .* not found/, () =>
    reply(404, {}, '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}'),
  ),
  listed('404 without words', /repository .* not found/, () => reply(404, {})),
  listed('401 without a challenge', /denied|401/, () => reply(401, {})),
  listed('403', /denied/, () => reply(403, {}, '{"errors":[{"code":"DENIED","message":"no"}]}')),
  listed('405', /405/, () => reply(405, {}, '{"errors":[{"code":"UNSUPPORTED"}]}')),
  listed('500 for ever', /500/, () => reply(500, {}, 'oops'), { limit: 30 }),
  listed('errors that are none', /answered 400/, () => reply(400, {}, '{"errors":null}')),
  listed('errors of another shape', /answered 400/, () =>
    reply(400, {}, '{"errors":[null,7,{"code":{},"message":["x"]}]}'),
  ),
  listed('an error of 50 MB', /not found/, () => reply(404, {}, Buffer.alloc(50 << 20, 'no '))),
  listed('an error without end', /not found/, () => ({
    ...reply(404, {}, 'no '),
    delivery: { framing: 'chunked', endless: true },
  })),
  listed('escape sequences in an error', /denied/, () =>
    reply(
      403,
      {},
      '{"errors":[{"code":"DENIED\\u001b[5m","message":"\\u001b]0;title\\u0007\\u001b[2J\\r\\nroot# \\u202e"}]}',
    ),
  ),
  listed('escape sequences, raw, in an error', /400/, () =>
    reply(400, {}, '\u001b[31mred\u001b]8;;http://x\u0007link\r\nroot# \u009b2J'),
  ),
  listed('escape sequences in a page of HTML', /502|red/, () => reply(502, {}, '<title>\u001b[31mred</title>'), {
    limit: 30,
  }),
]);

/** Pages of numbers: `tags` of each, and where it leads. */
function pages(
  name: string,
  expect: 'ok' | RegExp,
  answer: (at: number, request: RegistryRequest) => Reply,
  options: Options = {},
): HostileCase {
  return listed(name, expect, (request) => answer(Number(request.query.get('page') ?? 0), request), options);
}

function three(link: (next: string, host: string) => string): (at: number, request: RegistryRequest) => Reply {
  return (at, { headers }) =>
    page([`a${at}`, `b${at}`], at === 2 ? undefined : link(`page=${at + 1}`, String(headers.host)));
}

const lines = ['a0', 'b0', 'a1', 'b1', 'a2', 'b2'];
const path = '/v2/app/tags/list';

playAll('pages', [
  pages(
    'a path',
    'ok',
    three((next) => `<${path}?${next}>; rel="next"`),
    { lines },
  ),
  pages(
    'an address',
    'ok',
    three((next, host) => `<http://${host}${path}?${next}>; rel="next"`),
    { lines },
  ),
  pages(
    'an address with https, as behind a proxy',
    'ok',
    three((next, host) => `<https://${host}${path}?${next}>; rel="next"`),
    { lines },
  ),
  pages(
    'no scheme',
    'ok',
    three((next, host) => `<//${host}${path}?${next}>; rel="next"`),
    { lines },
  ),
  pages(
    'a name',
    'ok',
    three((next) => `<list?${next}>; rel="next"`),
    { lines },
  ),
  pages(
    'a query',
    'ok',
    three((next) => `<?${next}>; rel=next`),
    { lines },
  ),
  pages(
    'another path',
    'ok',
    three((next) => `</v2/app/tags/list/?${next}>; rel="next"`),
    { lines: ['a0', 'b0', 'a1', 'b1', 'a2', 'b2'], registry: { faults: [slashed()] } },
  ),
  pages(
    'several links',
    'ok',
    three((next) => `<${path}?page=0>; rel="first", <${path}?${next}>; title="a, b"; rel="next", <x>; rel=last`),
    { lines },
  ),
  pages(
    'in capitals',
    'ok',
    three((next) => `<${path}?${next}>; REL="NEXT"`),
    { lines },
  ),
  pages(
    'links that are not next',
    'ok',
    three((next) => `<${path}?${next}>; rel="prev"`),
    { lines: ['a0', 'b0'] },
  ),
  pages(
    'no relation',
    'ok',
    three((next) => `<${path}?${next}>`),
    { lines },
  ),
  pages(
    'no brackets',
    'ok',
    three((next) => `${path}?${next}; rel="next"`),
    { lines },
  ),
  listed('nonsense for a Link', /circle/, () => page(['a'], 'nonsense')),
  listed('n is refused', 'ok', ({ query }) => (query.has('n') ? reply(400, {}, 'no n') : page(['a'])), {
    lines: ['a'],
  }),
  pages('n is ignored: all at once', 'ok', () => page(thousands.slice(0, 20_000)), {
    lines: thousands.slice(0, 20_000),
  }),
  pages(
    'an empty page in the middle',
    'ok',
    (at) => page(at === 1 ? [] : [`a${at}`], at === 2 ? undefined : `<${path}?page=${at + 1}>; rel="next"`),
    { lines: ['a0', 'a2'] },
  ),
  pages(
    'pages that overlap',
    'ok',
    (at) => page([`a${at}`, `a${at + 1}`], at === 2 ? undefined : `<${path}?page=${at + 1}>; rel="next"`),
    { lines: ['a0', 'a1', 'a2', 'a3'] },
  ),
  pages('100 pages', 'ok', (at) => page([`a${at}`], at === 99 ? undefined : `<${path}?page=${at + 1}>; rel="next"`), {
    lines: Array.from({ length: 100 }, (_, at) => `a${at}`),
  }),
  pages('the same page again and again', /circle/, () => page(['a'], `<${path}?page=0>; rel="next"`)),
  pages('its own address', /circle/, (_, { query }) => page(['a'], `<${path}?${query.toString()}>; rel="next"`)),
  pages('two pages in a circle', /circle/, (at) => page([`a${at}`], `<${path}?page=${1 - at}>; rel="next"`)),
  pages('the same tags at new addresses', /circle/, (at) => page(['a', 'b'], `<${path}?page=${at + 1}>; rel="next"`)),
  pages('empty pages without end', /circle|end/, (at) => page([], `<${path}?page=${at + 1}>; rel="next"`)),
  pages('null without end', /circle|end/, (at) => page(null, `<${path}?page=${at + 1}>; rel="next"`)),
  pages('pages of nonsense without end', /circle|end/, (at) =>
    page([`no tag ${at}`], `<${path}?page=${at + 1}>; rel="next"`),
  ),
  pages(
    'new tags without end',
    /end/,
    (at) =>
      page(
        Array.from({ length: 1000 }, (_, tag) => `t${at}-${tag}`),
        `<${path}?page=${at + 1}>; rel="next"`,
      ),
    { limit: 60 },
  ),
  pages(
    'the longest tags without end',
    /end/,
    (at) =>
      page(
        Array.from({ length: 30_000 }, (_, tag) => `${at}-${tag}-`.padEnd(128, 'x')),
        `<${path}?page=${at + 1}>; rel="next"`,
      ),
    { limit: 60 },
  ),
  pages(
    'one new tag at each of endless pages',
    /end/,
    (at) => page([`t${at}`], `<${path}?page=${at + 1}>; rel="next"`),
    { limit: 60 },
  ),
  pages('a second page that is broken', /not JSON/, (at) =>
    at === 0 ? page(['a'], `<${path}?page=1>; rel="next"`) : reply(200, {}, '{'),
  ),
  pages('a second page that is not there', /not found/, (at) =>
    at === 0 ? page(['a'], `<${path}?page=1>; rel="next"`) : reply(404, {}),
  ),
  pages(
    'a second page that fails once',
    'ok',
    three((next) => `<${path}?${next}>; rel="next"`),
    { lines, registry: { faults: [status(503, { kind: 'tags', after: 1, times: 1 })] } },
  ),
  pages(
    'tokens that end between pages',
    'ok',
    three((next) => `<${path}?${next}>; rel="next"`),
    { lines, registry: { faults: [], auth: bearerAuth({ uses: 1 }) } },
  ),
]);

/** The same list with a slash behind it. */
function slashed(): Fault {
  return async (request, next) => next(request.path.endsWith('/list/') ? { ...request, kind: 'tags' } : request);
}

/** Links that lead away: the other server must not be asked, or at least not with credentials. */
function leads(
  name: string,
  link: (away: string, host: string) => string,
  expect: RegExp = /another host/,
): HostileCase {
  return {
    name,
    expect,
    scene: async (stage: Stage) => {
      const away = await stage.stranger((_, response) => response.end('{"tags":["evil"]}'));
      const users = { anna: 'pass-w0rd-of-anna' };
      const next = changeReply({ kind: 'tags' }, (answer, { headers }) => ({
        ...answer,
        headers: { ...answer.headers, link: `<${link(away.host, String(headers.host))}>; rel="next"` },
      }));
      const registry = await stage.registry({
        images: { 'app:1': hello },
        auth: bearerAuth({ users }),
        faults: [next],
      });
      return {
        tags: registry.reference('app'),
        config: stage.login(registry.host),
        check: () => assert.equal(away.requests.length, 0),
      };
    },
  };
}

playAll('Links elsewhere', [
  leads('another port', (away) => `http://${away}/v2/app/tags/list?page=1`),
  leads('another port, without a scheme', (away) => `//${away}/v2/app/tags/list?page=1`),
  leads('another name of this machine', (_, host) => `http://localhost:${host.split(':')[1]}/v2/app/tags/list?page=1`),
  leads('a user before another host', (away, host) => `http://${host}@${away}/v2/app/tags/list`),
  leads('backslashes', (away) => `\\\\${away}\\v2\\app\\tags\\list`),
  leads("a cloud's metadata service", () => 'http://169.254.169.254/latest/meta-data/'),
  leads('a file', () => 'file:///etc/passwd'),
  leads('data', () => 'data:application/json,{"tags":["evil"]}'),
  leads('javascript', () => 'javascript:alert(1)'),
  leads('nonsense', () => 'http://['),
]);
