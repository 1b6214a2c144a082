import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import { type Answer, digestOf, OCI_MANIFEST } from './client.ts';

const MIB = 1 << 20;
type Say = (message: IncomingMessage, response: ServerResponse) => void;

async function listening(say: Say): Promise<{ readonly server: Server; readonly host: string }> {
  const server = createServer(say);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What the upstream says of a repository, by its name; whatever else it does not know. */
const says = new Map<string, Say>();
const strangers: string[] = [];
const stranger = await listening((message, response) => {
  strangers.push(`${message.method} ${message.url} ${message.headers.authorization ?? ''}`);
  response.end('{"token":"x"}');
});
const upstream = await listening((message, response) => {
  const name = /^\/v2\/([^/]+)\//.exec(String(message.url))?.[1];
  const say = name === undefined ? undefined : says.get(name);
  message.resume();
  if (message.url === '/v2/') response.end('{}');
  else if (say === undefined) response.writeHead(404).end();
  else say(message, response);
});
after(() => {
  for (const { server } of [stranger, upstream]) {
    server.closeAllConnections();
    server.close();
  }
});

const CONFIG = `cache:
  upstreams:
    - url: http://${upstream.host}
      prefix: up
      username: anna
      password: secret-of-the-cache
`;
const client = besieged({ args: ['--config', 'settings.yml', '--no-sync'], files: { 'settings.yml': CONFIG } });

const image = (fill = ''): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'a/b', digest: digestOf('{}'), size: 2 },
      layers: [],
      annotations: { fill: fill + randomBytes(6).toString('hex') },
    }),
  );

let names = 0;
/** A repository of which the upstream says this; resolves to its name here. */
function repository(say: Say): string {
  names += 1;
  says.set(`r${names}`, say);
  return `up/r${names}`;
}

const send =
  (body: string | Buffer, headers: Readonly<Record<string, string>> = {}, status = 200): Say =>
  (_, response) => {
    response.writeHead(status, { 'content-type': OCI_MANIFEST, 'content-length': Buffer.byteLength(body), ...headers });
    response.end(body);
  };

/** `undefined`: the connection was broken, so that nobody takes what came for all of it. */
async function get(path: string): Promise<Answer | undefined> {
  return client.get(path, { accept: OCI_MANIFEST }).catch((error: unknown) => {
    if (error instanceof assert.AssertionError) throw error;
    return undefined;
  });
}

describe('what an upstream says', { concurrency: 8 }, () => {
  it('is given, and kept', async () => {
    const manifest = image();
    const name = repository(send(manifest));
    assert.deepEqual((await get(`/v2/${name}/manifests/latest`))?.body, manifest);
    says.delete(name.slice(3));
    assert.deepEqual((await get(`/v2/${name}/manifests/${digestOf(manifest)}`))?.body, manifest);
  });

  for (const [what, body] of [
    ['another manifest', image()],
    ['nothing', ''],
    ['a page of HTML', '<html><script>alert(1)</script>'],
    ['5 MiB', image('x'.repeat(5 * MIB))],
  ] as const)
    it(`is not taken for a digest that it does not have: ${what}`, async () => {
      const name = repository(send(body));
      const digest = digestOf('what was asked for');
      for (let left = 2; left > 0; left -= 1)
        assert.notEqual((await get(`/v2/${name}/manifests/${digest}`))?.status, 200);
    });

  it('is not taken for a manifest when it has no end', async () => {
    const name = repository((_, response) => {
      response.writeHead(200, { 'content-type': OCI_MANIFEST });
      const chunk = Buffer.alloc(65_536, ' ');
      // Not at once: what is written to nobody is over at once, and nothing else would ever have a turn.
      const pump = (): void => void (response.destroyed || response.write(chunk, () => setImmediate(pump)));
      pump();
    });
    assert.notEqual((await get(`/v2/${name}/manifests/endless`))?.status, 200);
  });

  it('is not run by browsers', async () => {
    const name = repository(send('{"x":"<script>alert(1)</script>"}', { 'content-type': 'text/html' }));
    const answer = await get(`/v2/${name}/manifests/page`);
    assert.doesNotMatch(String(answer?.headers['content-type']), /html/);
  });

  it('does not put headers into answers', async () => {
    const manifest = image();
    const name = repository(
      send(manifest, {
        'set-cookie': 'a=b',
        'docker-content-digest': digestOf('a lie'),
        location: 'http://evil',
        link: '<http://evil>; rel="next"',
        'www-authenticate': 'Basic',
      }),
    );
    const answer = await get(`/v2/${name}/manifests/latest`);
    assert.equal(answer?.headers['set-cookie'], undefined);
    assert.equal(answer?.headers.location, undefined);
    if (answer?.status === 200) assert.equal(answer.headers['docker-content-digest'], digestOf(answer.body));
  });

  for (const [what, lie] of [
    ['another one', randomBytes(100_000)],
    ['shorter', randomBytes(10)],
    ['longer', randomBytes(300_000)],
    ['empty', Buffer.alloc(0)],
  ] as const)
    it(`is never kept as a blob that is ${what}`, async () => {
      const right = randomBytes(100_000);
      const digest = digestOf(right);
      let isHonest = false;
      const name = repository((message, response) =>
        send(isHonest ? right : lie, { 'content-type': 'application/octet-stream' })(message, response),
      );
      for (let left = 2; left > 0; left -= 1) {
        const answer = await get(`/v2/${name}/blobs/${digest}`);
        assert.ok(answer === undefined || answer.status >= 400, 'the client takes it for the blob');
      }
      isHonest = true;
      let got: Answer | undefined;
      for (let left = 40; left > 0 && got?.status !== 200; left -= 1) {
        got = await get(`/v2/${name}/blobs/${digest}`);
        await new Promise((resolve) => {
          setTimeout(resolve, got?.status === 200 ? 0 : 300);
        });
      }
      assert.ok(got?.body.equals(right), `${got?.status}`);
    });

  it('is given from where it broke off, or not at all', async () => {
    const right = randomBytes(2 * MIB);
    const name = repository((message, response) => {
      response.writeHead(200, { 'content-length': right.length });
      if (message.method === 'HEAD') response.end();
      else response.write(right.subarray(0, MIB), () => response.destroy());
    });
    const answer = await get(`/v2/${name}/blobs/${digestOf(right)}`);
    assert.ok(answer === undefined || answer.status >= 400, 'the client takes a half for the whole');
  });

  it('leads to no other place with what opens this one', async () => {
    for (const location of [
      `http://${stranger.host}/stolen`,
      'file:///etc/passwd',
      'ftp://x/y',
      '//evil.invalid/x',
      'data:application/json,{}',
    ]) {
      const name = repository((message, response) => {
        if (message.headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        else response.writeHead(307, { location }).end();
      });
      const answer = await get(`/v2/${name}/blobs/${digestOf('asked')}`);
      assert.ok(answer === undefined || answer.status >= 400, `${answer?.status}`);
    }
    const stolen = strangers.filter((line) => line.includes('/stolen') && line.includes('Basic'));
    assert.deepEqual(stolen, [], 'the password was sent elsewhere');
  });

  for (const realm of [
    'file:///etc/passwd',
    'ftp://x/token',
    'http://',
    'javascript:x',
    `http://${stranger.host}/token`,
  ])
    it(`tells nobody here what opens it when it names the token service ${realm.slice(0, 12)}`, async () => {
      const name = repository((_, response) => {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end();
      });
      const answer = await get(`/v2/${name}/manifests/latest`);
      assert.ok(answer === undefined || answer.status >= 400);
      assert.doesNotMatch(answer?.text ?? '', /secret-of-the-cache|anna|passwd/);
    });

  for (const [what, say] of [
    ['tags that are null', send('{"name":"x","tags":null}')],
    ['tags that are numbers', send('{"name":"x","tags":[1,{},"ok","../../x","a\\u0000b"]}')],
    ['tags that are a text', send('{"tags":"x"}')],
    ['no JSON', send('<html>')],
    ['a circle', send('{"name":"x","tags":["a"]}', { link: '</v2/circle/tags/list?n=1&last=a>; rel="next"' })],
    [
      'a Link to another place',
      send('{"name":"x","tags":["a"]}', { link: `<http://${stranger.host}/more>; rel="next"` }),
    ],
    ['100,000 tags', send(JSON.stringify({ tags: Array.from({ length: 100_000 }, (_, index) => `tag-${index}`) }))],
  ] as const)
    it(`makes no list of ${what} that never ends`, async () => {
      const answer = await get(`/v2/${repository(say)}/tags/list`);
      assert.notEqual(answer?.status, 500);
      if (answer?.status !== 200) return;
      const { tags } = JSON.parse(answer.text) as { readonly tags: readonly unknown[] };
      for (const tag of tags) assert.match(String(tag), /^\w[\w.-]{0,127}$/);
    });

  it('is asked for nothing outside its own paths', async () => {
    const asked: string[] = [];
    const name = repository((message, response) => {
      asked.push(String(message.url));
      response.writeHead(404).end();
    });
    for (const path of [
      `${name}/../../etc`,
      `${name}%2f..%2f..`,
      `${name}/manifests/..%2f..%2fx`,
      `${name}/blobs/sha256:..%2f..`,
    ])
      await get(`/v2/${path}/manifests/latest`);
    for (const url of asked) assert.doesNotMatch(decodeURIComponent(url), /\.\./);
  });

  it('is answered for when it says nothing at all', async () => {
    const name = repository((_, response) => response.destroy());
    const answer = await get(`/v2/${name}/manifests/latest`);
    assert.ok(answer !== undefined && answer.status >= 400);
    for (const status of [418, 500]) {
      const other = await get(
        `/v2/${repository(send('{"errors":[{"code":"\\u001b[2J","message":"<b>\\u001b"}]}', {}, status))}/manifests/latest`,
      );
      assert.ok(other === undefined || other.status >= 400);
    }
  });
});

describe('hosts that clients name', () => {
  for (const ns of [
    stranger.host,
    `http://${stranger.host}`,
    '169.254.169.254',
    'localhost:22',
    'evil.invalid',
    '../../x',
    'a\r\nb',
    `${upstream.host}@${stranger.host}`,
    '',
  ])
    it(`asks nobody for ns=${ns.slice(0, 24)}`, async () => {
      const before = strangers.length;
      const answer = await get(`/v2/any/image/manifests/latest?ns=${encodeURIComponent(ns)}`);
      assert.ok(answer !== undefined && answer.status >= 400 && answer.status < 500, `${answer?.status}`);
      assert.equal(strangers.length, before, 'it asked');
    });
});
