import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeRaw, encodeRaw, isEscaped } from './raw-text.ts';

describe('bytes as text', () => {
  for (const [bytes, text] of [
    ['61c3bc', 'aü'],
    ['f09f9880', '😀'],
    ['efbfbd', '\ufffd'],
    ['61ff62', 'a\udcffb'],
    ['c3', '\udcc3'],
    ['c3c3bc', '\udcc3ü'],
    ['eda080', '\udced\udca0\udc80'],
    ['f8888080', '\udcf8\udc88\udc80\udc80'],
    ['c080', '\udcc0\udc80'],
    ['f09f9880ff', '😀\udcff'],
    ['', ''],
  ] as const) {
    it(`${bytes} is ${JSON.stringify(text)}`, () => {
      assert.equal(decodeRaw(Buffer.from(bytes, 'hex')), text);
      assert.equal(Buffer.from(encodeRaw(text)).toString('hex'), bytes);
    });
  }
  it('gives every byte back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        assert.deepEqual(new Uint8Array(encodeRaw(decodeRaw(bytes))), bytes);
      }),
      { numRuns: 2000 },
    );
  });
  it('knows text from what is none', () => {
    for (const text of ['', 'a', 'ü', '😀', '\ufffd', '\u{10080}']) assert.equal(isEscaped(text), false, text);
    for (const text of ['\udc80', 'a\udcff', '😀\udc80']) assert.equal(isEscaped(text), true, JSON.stringify(text));
  });
});
