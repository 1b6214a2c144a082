import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { digestOf, digestParts, hashFor, isDigest, parseDigest, referrersTag, shortId } from './digest.ts';

const A = 'a'.repeat(64);
const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('takes sha256 and sha512 in lower case', () => {
  for (const digest of [EMPTY, `sha256:${A}`, `sha512:${A}${A}`, `sha256:${'0123456789abcdef'.repeat(4)}`]) {
    assert.equal(parseDigest(digest), digest);
    assert.equal(isDigest(digest), true);
  }
});

test('refuses anything else', () => {
  const malformed = 'INVALID_REFERENCE';
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['', malformed, /^invalid checksum digest format/],
    [':', malformed, /format/],
    [A, malformed, /format/],
    ['sha256:', malformed, /format/],
    ['sha256', malformed, /format/],
    [`:${A}`, malformed, /format/],
    [`sha256:${A.slice(1)}`, malformed, /^invalid checksum digest length/],
    [`sha256:${A}a`, malformed, /length/],
    [`sha512:${A}`, malformed, /length/],
    [`sha256:${A}${A}`, malformed, /length/],
    [`sha256:${A.toUpperCase()}`, malformed, /format/],
    [`sha256:${'g'.repeat(64)}`, malformed, /format/],
    [`sha256:${'a'.repeat(63)}\n`, malformed, /format/],
    [`sha256:${A}\n`, malformed, /length/],
    [`sha256:${A}\r\nHost: evil`, malformed, /length/],
    [`\nsha256:${A}`, malformed, /format/],
    [` sha256:${A}`, malformed, /format/],
    [`SHA256:${A}`, malformed, /format/],
    [`sha256::${A}`, malformed, /length/],
    ['sha256:../../../../../../../../../../../../../../../../../../etc/passwd', malformed, /sha256/],
    ['sha256:..%2f..%2f', malformed, /length/],
    [`../sha256:${A}`, malformed, /format/],
    [`sha256:${'é'.repeat(64)}`, malformed, /format/],
    [`sha384:${A}${A.slice(32)}`, 'UNSUPPORTED', /^unsupported digest algorithm/],
    [`md5:${A.slice(32)}`, 'UNSUPPORTED', /^unsupported/],
    [`sha256+b64:${A}`, 'UNSUPPORTED', /^unsupported/],
    [`blake3:${A}`, 'UNSUPPORTED', /^unsupported/],
    [`__proto__:${A}`, malformed, /format/],
    [`constructor:${A}`, 'UNSUPPORTED', /^unsupported/],
  ];
  for (const [text, code, message] of rows) {
    assert.throws(() => parseDigest(text), { code, message }, JSON.stringify(text));
    assert.equal(isDigest(text), false);
  }
});

test('a megabyte of text is refused at once, with a short message and no escape sequence', () => {
  for (const piece of ['a', 'sha256:', 'a+', '\u001b[2J', ':']) {
    const start = process.cpuUsage();
    assert.throws(
      () => parseDigest(piece.repeat((1 << 20) / piece.length)),
      (error) => hasCode(error, 'INVALID_REFERENCE') && error.message.length < 300 && !error.message.includes('\u001b'),
    );
    assert.ok(process.cpuUsage(start).user < 5_000_000);
  }
});

test('hashes', () => {
  assert.equal(digestOf(new Uint8Array()), EMPTY);
  assert.equal(digestOf('abc'), 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.match(digestOf('abc', 'sha512'), /^sha512:ddaf35a1/);
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const digest = digestOf('some content', algorithm);
    assert.equal(parseDigest(digest), digest);
    assert.equal(hashFor(digest).update('some ').update('content').digest('hex'), digestParts(digest).hex);
    assert.equal(digestParts(digest).algorithm, algorithm);
  }
});

test('the short form is twelve digits of either algorithm', () => {
  assert.equal(shortId(parseDigest(EMPTY)), 'e3b0c44298fc');
  assert.equal(shortId(parseDigest(`sha512:${A}${A}`)), 'aaaaaaaaaaaa');
});

test('a tag for referrers is as long as a tag may be', () => {
  assert.equal(referrersTag(`sha256:${A}`), `sha256-${A}`);
  assert.equal(referrersTag(`sha512:${A}${A}`), `sha512-${A}`);
});
