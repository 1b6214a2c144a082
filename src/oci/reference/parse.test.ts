import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '#errors';
import type { Reference } from '../reference.ts';
import { familiarString, fullString } from './format.ts';
import { isTag, parseReference, refuseReservedName, withDefaultTag } from './parse.ts';

const HEX = 'e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582';
const SHA256 = `sha256:${HEX}`;
const SHA512 = `sha512:${HEX}${HEX}`;
const LONG = (components: number): string => Array(components).fill('a').join('/');

/** Text, domain, path, tag, digest. */
type Valid = readonly [text: string, domain: string, path: string, tag?: string | undefined, digest?: string];

const VALID: readonly Valid[] = [
  // Docker Hub: one word, one owner, the hub written out and by its old name.
  ['alpine', 'docker.io', 'library/alpine'],
  ['a', 'docker.io', 'library/a'],
  ['0', 'docker.io', 'library/0'],
  ['alpine:3.20', 'docker.io', 'library/alpine', '3.20'],
  ['alpine:latest', 'docker.io', 'library/alpine', 'latest'],
  [`alpine@${SHA256}`, 'docker.io', 'library/alpine', undefined, SHA256],
  [`alpine:3.20@${SHA256}`, 'docker.io', 'library/alpine', '3.20', SHA256],
  [`alpine@${SHA512}`, 'docker.io', 'library/alpine', undefined, SHA512],
  ['library/alpine', 'docker.io', 'library/alpine'],
  ['docker.io/alpine', 'docker.io', 'library/alpine'],
  ['docker.io/alpine:3', 'docker.io', 'library/alpine', '3'],
  [`docker.io/alpine@${SHA256}`, 'docker.io', 'library/alpine', undefined, SHA256],
  ['docker.io/library/alpine', 'docker.io', 'library/alpine'],
  ['index.docker.io/alpine', 'docker.io', 'library/alpine'],
  ['index.docker.io/library/alpine:1', 'docker.io', 'library/alpine', '1'],
  ['index.docker.io/grafana/loki', 'docker.io', 'grafana/loki'],
  ['grafana/loki', 'docker.io', 'grafana/loki'],
  ['docker.io/grafana/loki:2', 'docker.io', 'grafana/loki', '2'],
  ['library/a/b', 'docker.io', 'library/a/b'],
  ['docker.io/library/a/b', 'docker.io', 'library/a/b'],
  ['a/b/c/d/e', 'docker.io', 'a/b/c/d/e'],
  ['d/t', 'docker.io', 'd/t'],
  ['registry-1.docker.io/library/alpine', 'registry-1.docker.io', 'library/alpine'],
  ['docker.io:443/alpine', 'docker.io:443', 'alpine'],

  // Separators within a path.
  ['dock__er', 'docker.io', 'library/dock__er'],
  ['dock_er/a_b', 'docker.io', 'dock_er/a_b'],
  ['docker---rules', 'docker.io', 'library/docker---rules'],
  ['docker-rules/docker', 'docker.io', 'docker-rules/docker'],
  ['a.b', 'docker.io', 'library/a.b'],
  ['a.b-c_d__e---f', 'docker.io', 'library/a.b-c_d__e---f'],
  ['owner/name.with.dots', 'docker.io', 'owner/name.with.dots'],
  ['do__cker/docker', 'docker.io', 'do__cker/docker'],
  ['test_com/foo', 'docker.io', 'test_com/foo'],
  [
    'r.example/foo/project--id.module--name.ver---sion--name',
    'r.example',
    'foo/project--id.module--name.ver---sion--name',
  ],
  ['example.com/some_separator__underscore/x', 'example.com', 'some_separator__underscore/x'],
  ['example.com/xn--7o8h.com/x', 'example.com', 'xn--7o8h.com/x'],
  ['ubuntu-12.04-base', 'docker.io', 'library/ubuntu-12.04-base'],
  ['b.gcr.io/test.example.com/my-app:test.example.com', 'b.gcr.io', 'test.example.com/my-app', 'test.example.com'],

  // Without a slash nothing is a host.
  ['test.com', 'docker.io', 'library/test.com'],
  ['test.com:tag', 'docker.io', 'library/test.com', 'tag'],
  ['test.com:5000', 'docker.io', 'library/test.com', '5000'],
  ['localhost', 'docker.io', 'library/localhost'],
  ['localhost:5000', 'docker.io', 'library/localhost', '5000'],
  [`localhost:8080@${SHA256}`, 'docker.io', 'library/localhost', '8080', SHA256],
  ['192.168.1.1', 'docker.io', 'library/192.168.1.1'],
  ['192.168.1.1:5000', 'docker.io', 'library/192.168.1.1', '5000'],
  ['foo_bar.com:8080', 'docker.io', 'library/foo_bar.com', '8080'],
  ['docker.io', 'docker.io', 'library/docker.io'],

  // Hosts: a dot, a colon, localhost or an upper-case letter before the first slash.
  ['localhost/app', 'localhost', 'app'],
  ['localhost/library/app', 'localhost', 'library/app'],
  ['localhost:5000/app', 'localhost:5000', 'app'],
  ['localhost:5000/app:v1', 'localhost:5000', 'app', 'v1'],
  [`localhost:5000/app@${SHA256}`, 'localhost:5000', 'app', undefined, SHA256],
  [`localhost:5000/app:v1@${SHA256}`, 'localhost:5000', 'app', 'v1', SHA256],
  ['test.com/repo', 'test.com', 'repo'],
  ['test.com/repo:tag', 'test.com', 'repo', 'tag'],
  ['test.com:8080/repo', 'test.com:8080', 'repo'],
  ['test:5000/repo', 'test:5000', 'repo'],
  ['test-com:8080/foo', 'test-com:8080', 'foo'],
  ['sub-dom1.foo.com/bar/baz/quux:some-long-tag', 'sub-dom1.foo.com', 'bar/baz/quux', 'some-long-tag'],
  ['xn--n3h.com:18080/foo', 'xn--n3h.com:18080', 'foo'],
  [`xn--7o8h.com/myimage:xn--7o8h.com@${SHA512}`, 'xn--7o8h.com', 'myimage', 'xn--7o8h.com', SHA512],
  ['ghcr.io/owner/app', 'ghcr.io', 'owner/app'],
  ['ghcr.io/app', 'ghcr.io', 'app'],
  ['quay.io/prometheus/node-exporter:v1.8.1', 'quay.io', 'prometheus/node-exporter', 'v1.8.1'],
  ['registry.k8s.io/pause:3.9', 'registry.k8s.io', 'pause', '3.9'],
  [
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    'team/app',
    '1',
  ],
  ['europe-docker.pkg.dev/project/repo/app', 'europe-docker.pkg.dev', 'project/repo/app'],
  ['mcr.microsoft.com/windows/nanoserver:ltsc2022', 'mcr.microsoft.com', 'windows/nanoserver', 'ltsc2022'],
  ['0101.com/a', '0101.com', 'a'],
  ['a.b/c', 'a.b', 'c'],
  ['Foo/bar', 'Foo', 'bar'],
  ['FOO/bar:Tag', 'FOO', 'bar', 'Tag'],
  ['Docker/docker', 'Docker', 'docker'],
  ['Asdf.com/foo/bar', 'Asdf.com', 'foo/bar'],
  ['Localhost/app', 'Localhost', 'app'],
  ['DOCKER.IO/library/app', 'DOCKER.IO', 'library/app'],
  ['192.168.1.1/repo', '192.168.1.1', 'repo'],
  ['192.168.0.1:8/debian', '192.168.0.1:8', 'debian'],
  ['127.0.0.1:5000/library/debian:9', '127.0.0.1:5000', 'library/debian', '9'],
  ['192.168.1.1:750050/x', '192.168.1.1:750050', 'x'],

  // IPv6 in brackets.
  ['[::1]:5000/repo', '[::1]:5000', 'repo'],
  ['[::1]/repo:tag', '[::1]', 'repo', 'tag'],
  ['[2001:db8::1]/repo', '[2001:db8::1]', 'repo'],
  ['[2001:db8:1:2:3:4:5:6]/repo:tag', '[2001:db8:1:2:3:4:5:6]', 'repo', 'tag'],
  ['[2001:0DB8:85a3:0000:0000:8a2e:0370:7334]:75050/a/b', '[2001:0DB8:85a3:0000:0000:8a2e:0370:7334]:75050', 'a/b'],
  [`[2001:db8::]:5000/repo@${SHA256}`, '[2001:db8::]:5000', 'repo', undefined, SHA256],
  [`[2001:db8::1]:5000/repo:tag@${SHA256}`, '[2001:db8::1]:5000', 'repo', 'tag', SHA256],
  ['[fc00::1]:5000/docker/docker', '[fc00::1]:5000', 'docker/docker'],
  ['[fd00123123123]:75050/x', '[fd00123123123]:75050', 'x'],

  // Tags.
  ['a:A', 'docker.io', 'library/a', 'A'],
  ['a:_', 'docker.io', 'library/a', '_'],
  ['a:__.--', 'docker.io', 'library/a', '__.--'],
  ['a:5000', 'docker.io', 'library/a', '5000'],
  ['a:1.2.3-rc.1_x', 'docker.io', 'library/a', '1.2.3-rc.1_x'],
  [`a:${'t'.repeat(128)}`, 'docker.io', 'library/a', 't'.repeat(128)],
  ['lowercase:Uppercase', 'docker.io', 'library/lowercase', 'Uppercase'],

  // Lengths, and names that look like IDs.
  [`x.io/${LONG(128)}:tag-puts-this-over`, 'x.io', LONG(128), 'tag-puts-this-over'],
  [`x.io/${'a'.repeat(255)}`, 'x.io', 'a'.repeat(255)],
  [`${'x'.repeat(300)}.io/a`, `${'x'.repeat(300)}.io`, 'a'],
  [
    'thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev',
    'docker.io',
    'library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev',
  ],
  [HEX.slice(1), 'docker.io', `library/${HEX.slice(1)}`],
  [`${HEX}0`, 'docker.io', `library/${HEX}0`],
  [`docker.io/${HEX}`, 'docker.io', `library/${HEX}`],
  [`${HEX}:tag`, 'docker.io', `library/${HEX}`, 'tag'],
  [`owner/${HEX}`, 'docker.io', `owner/${HEX}`],
];

const FORMAT = 'invalid reference format';
const LOWER = (name: string): string => `invalid reference format: repository name (${name}) must be lowercase`;

const INVALID: readonly (readonly [text: string, message: string])[] = [
  ['', FORMAT],
  [' ', FORMAT],
  [' alpine', FORMAT],
  ['alpine ', FORMAT],
  ['alpine\n', FORMAT],
  ['alpine\r\n', FORMAT],
  ['al pine', FORMAT],
  ['alpine\u0000', FORMAT],
  [':', FORMAT],
  [':justtag', FORMAT],
  ['@', FORMAT],
  [`@${SHA256}`, FORMAT],
  ['/', FORMAT],
  ['/alpine', FORMAT],
  ['alpine/', FORMAT],
  ['alpine:', FORMAT],
  ['alpine@', FORMAT],
  ['alpine:@', FORMAT],
  ['a//b', FORMAT],
  ['docker///docker', FORMAT],
  ['docker.io/', FORMAT],
  ['docker.io/docker///docker', FORMAT],
  ['localhost:5000/', FORMAT],
  ['test.com/', FORMAT],
  ['-docker', FORMAT],
  ['docker-', FORMAT],
  ['docker-/x', FORMAT],
  ['-docker/docker', FORMAT],
  ['-docker-/docker', FORMAT],
  ['foo/-bar', FORMAT],
  ['foo/bar-', FORMAT],
  ['_docker/_docker', FORMAT],
  ['docker_/docker_', FORMAT],
  ['____/____', FORMAT],
  ['dock___er', FORMAT],
  ['.docker', FORMAT],
  ['docker.', FORMAT],
  ['dock..er', FORMAT],
  ['dock_.er', FORMAT],
  ['dock._er', FORMAT],
  ['dock-.er', FORMAT],
  ['dock-_er', FORMAT],
  ['example.com/..dots/x', FORMAT],
  ['example.com/.dots/x', FORMAT],
  ['example.com/nodouble..dots/x', FORMAT],
  ['example.com/__underscore/x', FORMAT],
  ['x/../y', FORMAT],
  ['../etc/passwd', FORMAT],
  ['aa/asdf$$^/aa', FORMAT],
  ['a^a', FORMAT],
  ['a%2fb', FORMAT],
  ['a?b', FORMAT],
  ['a#b', FORMAT],
  ['a\\b', FORMAT],
  ['ä', FORMAT],
  ['ſ', FORMAT],
  ['日本/語', FORMAT],
  ['https://github.com/docker/docker', FORMAT],
  ['http://localhost:5000/app', FORMAT],
  ['docker://alpine', FORMAT],
  ['user:pass@host.io/app', FORMAT],
  ['test.com:http/bar', FORMAT],
  ['localhost:/bar', FORMAT],
  ['localhost::5000/bar', FORMAT],
  ['-docker.io/docker/docker', FORMAT],
  ['docker./docker', FORMAT],
  ['.docker/docker', FORMAT],
  ['do..cker/docker', FORMAT],
  ['ab-.com/x', FORMAT],
  ['ab.-com/x', FORMAT],
  ['do__cker:8080/docker', FORMAT],
  ['bad_hostname.com:8080/myapp:tag', FORMAT],
  // Docker takes these for a path without any host, and then finds none to ask.
  ['foo_bar.com/x', FORMAT],
  ['do__cker.io/x', FORMAT],
  ['[2001:db8::1]', FORMAT],
  ['[2001:db8::1]:5000', FORMAT],
  ['[2001:db8::1]:tag', FORMAT],
  ['[fe80::1%eth0]/x', FORMAT],
  ['[fe80::1%eth0]:5000/repo', FORMAT],
  ['[fe80::1%@invalidzone]:5000/repo', FORMAT],
  ['[2001:db8:3:4::192.0.2.33]:5000/debian', FORMAT],
  ['[]/x', FORMAT],
  ['[::1/x', FORMAT],
  ['::1]/x', FORMAT],
  ['fc00::1:5000/debian', FORMAT],
  ['[fd00:1:2::3]75050/x', FORMAT],
  ['[fd00:1:2::3]::75050/x', FORMAT],
  ['alpine:.tag', FORMAT],
  ['alpine:-tag', FORMAT],
  ['alpine:ta~g', FORMAT],
  ['alpine:a:b', FORMAT],
  ['alpine:a/b', FORMAT],
  [`alpine:${'t'.repeat(129)}`, FORMAT],
  ['alpine@bad', FORMAT],
  ['alpine@sha256:badbadbadbad', FORMAT],
  [`alpine@${HEX}`, FORMAT],
  [`alpine@sha256:${'g'.repeat(64)}`, FORMAT],
  [`alpine@2bad:${HEX}`, FORMAT],
  [`alpine@${SHA256}:tag`, FORMAT],
  [`alpine@${SHA256}@${SHA256}`, FORMAT],
  [`alpine@sha256:${HEX}/../x`, FORMAT],
  [`alpine@sha256:${HEX}\r\nX: y`, FORMAT],
  ['repo@sha256:ffffffffffffffffffffffffffffffffff', 'invalid checksum digest length'],
  [`repo@sha256:${HEX}00`, 'invalid checksum digest length'],
  [`repo@sha512:${HEX}`, 'invalid checksum digest length'],
  [`repo:tag@SHA256:${HEX}`, 'invalid checksum digest format'],
  [`repo@sha256:${HEX.toUpperCase()}`, 'invalid checksum digest format'],
  [`validname@invaliddigest:${HEX}`, 'unsupported digest algorithm'],
  [`repo@sha384:${HEX}${HEX.slice(0, 32)}`, 'unsupported digest algorithm'],
  [`repo@md5:${HEX.slice(0, 32)}`, 'unsupported digest algorithm'],
  ['Uppercase:tag', LOWER('library/Uppercase')],
  ['ALPINE', LOWER('library/ALPINE')],
  ['docker/Docker', LOWER('docker/Docker')],
  ['docker.io/docker/Docker', LOWER('docker/Docker')],
  ['test:5000/Uppercase/lowercase:tag', LOWER('Uppercase/lowercase')],
  ['Foo/FarB', LOWER('FarB')],
  ['É', LOWER('library/É')],
  ['-Docker', LOWER('library/-Docker')],
  [`repo@SHA256:${HEX}`, LOWER('library/repo@SHA256')],
  ['Foo_bar/x', 'repository name must be lowercase'],
  ['Foo_.bar/x', FORMAT],
  [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
  [`x.io/${LONG(129)}`, 'repository name must not be more than 255 characters'],
  [`x.io/${'a'.repeat(256)}:tag`, 'repository name must not be more than 255 characters'],
  [LONG(129), 'repository name must not be more than 255 characters'],
];

test('reads and normalises names', () => {
  for (const [text, domain, path, tag, digest] of VALID) {
    const expected = { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
    assert.deepEqual(parseReference(text), expected, text);
  }
});

test("refuses what is no name, in docker's words", () => {
  for (const [text, message] of INVALID) {
    assert.throws(() => parseReference(text), { code: 'INVALID_REFERENCE', message }, JSON.stringify(text));
  }
});

test('the tables are large', () => {
  assert.ok(VALID.length + INVALID.length >= 200);
});

test('a name that was read is written so that it reads the same, short or full', () => {
  for (const [text] of VALID) {
    const reference = parseReference(text);
    assert.deepEqual(parseReference(fullString(reference)), reference, text);
    assert.deepEqual(parseReference(familiarString(reference)), reference, text);
  }
});

const path = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,6}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/), { minLength: 1, maxLength: 5 })
  .map((components) => components.join('/'));
const domain = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'localhost:5000', '[::1]:80', 'Host', 'ghcr.io'),
  fc.stringMatching(/^[a-zA-Z0-9]{1,5}(?:-[a-zA-Z0-9]{1,3})?(?:\.[a-zA-Z0-9]{1,5}){1,3}(?::[0-9]{1,5})?$/),
);
const anyReference: fc.Arbitrary<Reference> = fc
  .record(
    {
      domain,
      path,
      tag: fc.stringMatching(/^\w[\w.-]{0,127}$/),
      digest: fc.constantFrom<'sha256:' | 'sha512:'>('sha256:', 'sha512:').map((name) => {
        return `${name}${HEX.repeat(name === 'sha256:' ? 1 : 2)}` as const;
      }),
    },
    { requiredKeys: ['domain', 'path'], noNullPrototype: true },
  )
  .map((reference) => {
    const official = reference.domain === 'docker.io' && !reference.path.includes('/');
    return official ? { ...reference, path: `library/${reference.path}` } : reference;
  })
  .filter((reference) => reference.domain !== 'index.docker.io');

test('parse(format(x)) = x for every name', () => {
  fc.assert(
    fc.property(anyReference, (reference) => {
      assert.deepEqual(parseReference(fullString(reference)), reference);
      assert.deepEqual(parseReference(familiarString(reference)), reference);
    }),
    { numRuns: 2000 },
  );
});

test('any text is read, or refused with INVALID_REFERENCE; what was read comes back unchanged', () => {
  const pieces = fc.constantFrom(
    'a',
    'A',
    '0',
    '.',
    '_',
    '-',
    '/',
    ':',
    '@',
    '[',
    ']',
    'sha256:',
    HEX,
    'localhost',
    'é',
    '\n',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (name) => {
      try {
        const reference = parseReference(name);
        assert.deepEqual(parseReference(familiarString(reference)), reference);
      } catch (error) {
        assert.ok(hasCode(error, 'INVALID_REFERENCE'), String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

test('a megabyte of hostile text is refused at once, with a short message', () => {
  const size = 1 << 20;
  const hostile = ['a', 'a.', 'a-', '-', 'a/', 'A', ':', '@', '[', '[:', 'a_', '_', '\u001b[31m', 'é', 'a:a@'];
  for (const piece of hostile) {
    for (const text of [piece.repeat(size / piece.length), `x.io/${piece.repeat(size / piece.length)}!`]) {
      const start = process.cpuUsage();
      assert.throws(
        () => parseReference(text),
        (error) => hasCode(error, 'INVALID_REFERENCE') && error.message.length < 400,
      );
      assert.ok(process.cpuUsage(start).user < 5_000_000, piece);
    }
  }
});

test('what is just below the limit takes no longer', () => {
  for (const piece of ['a', 'a.', 'a-', 'a/', 'a__', '--', 'A.']) {
    const text = piece.repeat(4090 / piece.length);
    const start = process.cpuUsage();
    for (const name of [`${text}!`, `x.io/${text}!`, `${text}/x!`, `x:${text}!`, `x@${text}:!`]) {
      assert.throws(() => parseReference(name), { code: 'INVALID_REFERENCE' });
    }
    assert.ok(process.cpuUsage(start).user < 5_000_000, piece);
  }
});

test('a message never carries an escape sequence', () => {
  assert.throws(() => parseReference('X\u001b[31mY'), { message: LOWER('library/X [31mY') });
});

test('says how to mend the commonest mistake', () => {
  assert.throws(() => parseReference('https://ghcr.io/a/b'), { hint: 'leave out the scheme: HOST[:PORT]/PATH[:TAG]' });
});

test('the tag latest is added only where there is neither tag nor digest', () => {
  assert.equal(fullString(withDefaultTag(parseReference('busybox'))), 'docker.io/library/busybox:latest');
  assert.equal(fullString(withDefaultTag(parseReference('busybox:1'))), 'docker.io/library/busybox:1');
  assert.equal(fullString(withDefaultTag(parseReference(`busybox@${SHA256}`))), `docker.io/library/busybox@${SHA256}`);
});

test('scratch is refused on Docker Hub alone', () => {
  for (const name of ['scratch', 'scratch:latest', 'docker.io/library/scratch']) {
    assert.throws(() => refuseReservedName(parseReference(name)), {
      code: 'INVALID_REFERENCE',
      message: "'scratch' is a reserved name",
    });
  }
  for (const name of ['localhost:5000/scratch', 'me/scratch', 'scratch2']) refuseReservedName(parseReference(name));
});

test('knows a tag', () => {
  for (const tag of ['latest', '_', '1.0-x', 'A'.repeat(128)]) assert.equal(isTag(tag), true, tag);
  for (const tag of ['', '.a', '-a', 'a b', 'a/b', 'a\n', 'A'.repeat(129), SHA256])
    assert.equal(isTag(tag), false, tag);
});
