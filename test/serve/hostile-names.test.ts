import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { besieged, checkRefused } from './besieged.ts';
import { digestOf, locationOf, OCI_MANIFEST, withQuery } from './client.ts';
import { sendRaw, statusesOf } from './raw-connection.ts';

const client = besieged();
const BLOB = digestOf('x');

/** Names that are none, as they stand in the request. */
const WRONG: Readonly<Record<string, string>> = {
  'dots upward': '../evil',
  'dots upward, in the middle': 'a/../../evil',
  'dots upward, many': '../../../../../../../../evil',
  'dots upward, escaped': '%2e%2e/evil',
  'dots upward, escaped with the slash': '..%2fevil',
  'dots upward, escaped twice': '%252e%252e%252fevil',
  'dots upward, in overlong UTF-8': '%c0%ae%c0%ae/evil',
  'a dot': './evil',
  'a slash that is escaped': 'a%2fevil',
  'a slash in front': '/evil',
  'two slashes': 'a//evil',
  'a slash at the end': 'evil/',
  'a slash that is escaped, in front': '%2fevil',
  'a slash that is escaped, in front, and a host': '%2f%2fexample.com%2fevil',
  backslashes: '..\\..\\evil',
  'backslashes, escaped': '..%5c..%5cevil',
  'a zero byte': 'evil%00',
  'a zero byte in the middle': 'evil%00/../x',
  'a line break': 'evil%0d%0aset-cookie:x',
  'a colon': 'evil:1',
  'an at': 'evil@x',
  'capital letters': 'Evil',
  'letters of other scripts': 'evïl',
  'letters of other scripts, escaped': '%D0%B5vil',
  'a full-width dot': '%EF%BC%8E%EF%BC%8E/evil',
  'a right-to-left mark': 'evil%E2%80%AE',
  blanks: 'evil%20x',
  'a dash in front': '-evil',
  'a dash at the end': 'evil-',
  'a dot at the end': 'evil.',
  'two dots inside': 'ev..il',
  'three underscores': 'ev___il',
  'an underscore in front': '_evil',
  'a folder of the storage, _layers': 'evil/_layers',
  'a folder of the storage, _manifests': 'evil/_manifests/tags',
  'a folder of the storage, _uploads': 'evil/_uploads',
  'a wildcard': 'evil*',
  'a shell': 'evil;id',
  'a template': 'evil${7*7}',
  'a bad escape': 'evil%zz',
  'half an escape': 'evil%',
  '300 characters': `evil${'a'.repeat(296)}`,
  '256 characters in parts': `evil/${'a/'.repeat(125)}b`,
  '10,000 characters': `evil${'a'.repeat(9_996)}`,
  '5,000 parts': `evil${'/a'.repeat(5_000)}`,
};

/** Requests about a repository, by what may come of them. */
const requests = (name: string): readonly (readonly [string, string, string])[] => [
  ['GET', `/v2/${name}/manifests/latest`, ''],
  ['GET', `/v2/${name}/tags/list`, ''],
  ['GET', `/v2/${name}/blobs/${BLOB}`, ''],
  ['GET', `/v2/${name}/referrers/${BLOB}`, ''],
  ['POST', `/v2/${name}/blobs/uploads/?digest=${BLOB}`, 'x'],
  ['PUT', `/v2/${name}/manifests/latest`, `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}"}`],
  ['DELETE', `/v2/${name}/manifests/latest`, ''],
];

/** What the data folder has of names in this file. */
function marked(): readonly string[] {
  const paths = readdirSync(client.registry.data, { recursive: true }).map(String);
  return paths.filter((path) => /ev[iï]l|Evil/.test(path));
}

describe('names that are none', () => {
  for (const [what, name] of Object.entries(WRONG))
    it(`refuses ${what}`, async () => {
      const had = new Set(marked());
      const all = requests(name).map(
        ([method, path, body]) =>
          `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      const answers = await Promise.all(all.map((each) => sendRaw(client.registry.port, each)));
      for (const [index, text] of answers.entries()) {
        const [status] = statusesOf(text);
        if (status === 301 || status === 308) assert.match(text, /^location: \/v2\//im, 'it leads elsewhere');
        else checkRefused(status, String(all[index]?.slice(0, 100)));
        assert.doesNotMatch(text, /^set-cookie:/im, 'a header was put in');
        assert.ok(text.length < 20_000, 'it repeats all that it was sent');
      }
      assert.deepEqual(
        marked().filter((path) => !had.has(path)),
        [],
        'something was made of it',
      );
    });
});

/** Names that look like something else and are right. */
const RIGHT: readonly string[] = [
  'tags/list',
  'a/tags/list',
  'blobs',
  'blobs/uploads',
  'a/blobs/uploads',
  'manifests',
  'manifests/latest',
  'a/manifests/b',
  'referrers',
  'v2',
  'v2/v2/v2',
  'data',
  'a/data',
  'a/link',
  'a/current/link',
  'a/index',
  'sha256',
  'docker/registry/v2/repositories/x',
  'con/nul/aux',
  '0',
  'constructor/prototype',
  'constructor',
  'a__b',
  'a---b',
  `${'a'.repeat(127)}/${'b'.repeat(127)}`,
  'a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z',
];

describe('names that look like something else', () => {
  for (const name of RIGHT)
    it(`serves ${name.slice(0, 40)}`, async () => {
      const manifest = await client.pushImage(name, 'list');
      const got = await client.get(`/v2/${name}/manifests/list`, { accept: OCI_MANIFEST });
      assert.deepEqual(got.body, manifest);
      const tags = await client.get(`/v2/${name}/tags/list`);
      assert.deepEqual(JSON.parse(tags.text), { name, tags: ['list'] });
      const patched = await client.ask('PATCH', await client.upload(name), { body: 'chunk' });
      const digest = digestOf('chunk');
      const put = await client.ask('PUT', withQuery(locationOf(patched), { digest }));
      assert.equal(put.status, 201);
      assert.equal((await client.get(`/v2/${name}/blobs/${digest}`)).text, 'chunk');
    });
});
