import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { besieged, checkRefused } from './besieged.ts';
import { digestOf, OCI_MANIFEST, withQuery } from './client.ts';
import { sendRaw, statusesOf } from './raw-connection.ts';

const name = 'references/here';
const client = besieged({}, async (pusher) => {
  await pusher.pushImage(name, 'latest');
  await pusher.pushBlob(name, 'x');
});
const HEX = digestOf('x').slice('sha256:'.length);

const WRONG: Readonly<Record<string, string>> = {
  'a path upward': 'sha256:../../../../../../etc/passwd',
  'a path upward, escaped': 'sha256:..%2f..%2f..%2f..%2fetc%2fpasswd',
  'a path upward, escaped, of the right length': `sha256:${'%2e%2e%2f'.repeat(21)}a`,
  'a path upward for the algorithm': `..:${HEX}`,
  'a path upward for the algorithm, escaped': `..%2f..:${HEX}`,
  'a folder for the algorithm': `sha256/..:${HEX}`,
  'capital letters': `sha256:${HEX.toUpperCase()}`,
  'a capital algorithm': `SHA256:${HEX}`,
  'one digit less': `sha256:${HEX.slice(1)}`,
  'one digit more': `sha256:${HEX}0`,
  'no digits': 'sha256:',
  'digits of sha512 for sha256': `sha256:${HEX}${HEX}`,
  'digits of sha256 for sha512': `sha512:${HEX}`,
  'another algorithm, md5': `md5:${HEX.slice(32)}`,
  'another algorithm, sha1': `sha1:${HEX.slice(24)}`,
  'another algorithm, sha384': `sha384:${HEX}${HEX.slice(32)}`,
  'another encoding': `sha256+b64u:${Buffer.from(HEX, 'hex').toString('base64url')}`,
  'a name of every object': `__proto__:${HEX}`,
  'a zero byte': `sha256:${HEX}%00`,
  'a line break': `sha256:${HEX}%0d%0aset-cookie:x`,
  'digits of other scripts': `sha256:${encodeURIComponent('١'.repeat(64))}`,
  'a blank in front': `%20sha256:${HEX}`,
  'ten thousand digits': `sha256:${'a'.repeat(10_000)}`,
  'a thousand colons': ':'.repeat(1_000),
};

describe('digests that are none', () => {
  for (const [what, digest] of Object.entries(WRONG))
    it(`refuses ${what}`, async () => {
      const targets = [
        `GET /v2/${name}/blobs/${digest}`,
        `HEAD /v2/${name}/blobs/${digest}`,
        `DELETE /v2/${name}/blobs/${digest}`,
        `GET /v2/${name}/manifests/${digest}`,
        `DELETE /v2/${name}/manifests/${digest}`,
        `PUT /v2/${name}/manifests/${digest}`,
        `GET /v2/${name}/referrers/${digest}`,
        `POST /v2/${name}/blobs/uploads/?digest=${digest}`,
      ];
      for (const target of targets) {
        const text = await sendRaw(
          client.registry.port,
          `${target} HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
        );
        checkRefused(statusesOf(text)[0], target.slice(0, 100));
        assert.doesNotMatch(text, /^set-cookie:x|root:x:0/im);
      }
      const put = await client.ask('PUT', `${await client.upload(name)}?digest=${digest}`, { body: 'x' });
      checkRefused(put.status, 'PUT');
    });

  it('commits the same content under no other name', async () => {
    const location = await client.upload(name);
    const put = await client.ask('PUT', withQuery(location, { digest: `sha256:${'f'.repeat(64)}` }), { body: 'x' });
    assert.equal(put.status, 400);
    assert.equal((await client.get(`/v2/${name}/blobs/sha256:${'f'.repeat(64)}`)).status, 404);
  });
});

describe('tags that are none', () => {
  for (const tag of [
    '..',
    '%2e%2e',
    '..%2f..%2fx',
    '%00',
    'a%00b',
    'a%0d%0ab',
    '%20',
    't'.repeat(129),
    't'.repeat(10_000),
    '__proto__%00',
    '%ff',
    'a/b',
    'a%2fb',
    '.',
    '-x',
    '{}',
    '%E2%80%AE',
  ])
    it(`refuses ${tag.slice(0, 20)}`, async () => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const text = await sendRaw(
          client.registry.port,
          `${method} /v2/${name}/manifests/${tag} HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
        );
        checkRefused(statusesOf(text)[0], `${method} ${tag}`);
      }
      const document = JSON.stringify(await client.image(name));
      if (!tag.includes('/'))
        checkRefused(
          (await client.putManifest(name, `${digestOf(document)}?tag=${tag}`, document)).status,
          `?tag=${tag}`,
        );
    });

  it('takes ?tag= a thousand times, or refuses it', async () => {
    const document = JSON.stringify(await client.image(name));
    const query = Array.from({ length: 1_000 }, (_, index) => `tag=t${index}`).join('&');
    const answer = await client.putManifest(name, `${digestOf(document)}?${query}`, document);
    assert.ok([201, 400, 414].includes(answer.status), `${answer.status}`);
  });

  it('keeps names of every object as tags', async () => {
    for (const tag of ['__proto__', 'constructor', 'toString']) {
      const bytes = await client.pushImage(name, tag);
      const got = await client.get(`/v2/${name}/manifests/${tag}`, { accept: OCI_MANIFEST });
      assert.deepEqual(got.body, bytes);
      assert.equal((await client.ask('DELETE', `/v2/${name}/manifests/${tag}`)).status, 202);
      assert.equal((await client.get(`/v2/${name}/manifests/${tag}`)).status, 404);
    }
  });
});

describe('ids of uploads that are none', () => {
  for (const id of [
    '..',
    '..%2f..%2fetc',
    '%2e%2e%2f%2e%2e',
    '%00',
    'x'.repeat(10_000),
    '*',
    '__proto__',
    '.',
    '%ff%fe',
    'a%0d%0ab',
    '....%2f%2f',
  ])
    it(`does not know ${id.slice(0, 20)}`, async () => {
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const text = await sendRaw(
          client.registry.port,
          `${method} /v2/${name}/blobs/uploads/${id}?digest=${digestOf('x')} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
        );
        checkRefused(statusesOf(text)[0], `${method} ${id}`);
      }
    });

  it("does not know another repository's upload", async () => {
    const location = await client.upload(name);
    await client.ask('PATCH', location, { body: 'x' });
    const elsewhere = location.replace(name, 'references/other');
    for (const method of ['GET', 'PATCH', 'DELETE']) assert.equal((await client.ask(method, elsewhere)).status, 404);
    const put = await client.ask('PUT', withQuery(elsewhere, { digest: digestOf('x') }));
    assert.equal(put.status, 404);
    assert.equal((await client.ask('PUT', withQuery(location, { digest: digestOf('x') }))).status, 201);
  });
});

describe('numbers of lists that are none', () => {
  for (const list of [`/v2/${name}/tags/list`, '/v2/_catalog'])
    for (const n of [
      '-1',
      '-9223372036854775808',
      '9223372036854775807',
      '99999999999999999999999',
      '1000000000',
      '2147483648',
      '1.5',
      '1e9',
      '0x7f',
      'NaN',
      'Infinity',
      '',
      '%00',
      '1;2',
      '1&n=2',
      '٣',
      `1${'0'.repeat(5_000)}`,
    ])
      it(`answers ${list.slice(4)}?n=${n.slice(0, 24)}`, async () => {
        const answer = await client.get(`${list}?n=${encodeURI(n)}`);
        assert.ok([200, 400, 414].includes(answer.status), `${answer.status}`);
        assert.ok(answer.body.length < 100_000);
      });

  for (const last of ['../../../etc/passwd', '%00', '%ff', 'x'.repeat(10_000), '', '%0d%0aset-cookie:x', '"><script>'])
    it(`goes on after "${last.slice(0, 20)}"`, async () => {
      for (const list of [`/v2/${name}/tags/list`, '/v2/_catalog']) {
        const answer = await client.get(`${list}?n=1&last=${encodeURI(last).replaceAll('%25', '%')}`);
        assert.ok([200, 400, 414].includes(answer.status), `${answer.status}`);
        assert.doesNotMatch(String(answer.headers['link'] ?? ''), /["\r\n<>].*script/);
      }
    });
});
