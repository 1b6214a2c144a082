import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNoProxy } from './no-proxy.ts';

/** NO_PROXY, what is asked for, and whether it goes without a proxy. */
const CASES: readonly (readonly [rules: string, host: string, port: number, without: boolean])[] = [
  ['', 'a.example', 80, false],
  ['*', 'a.example', 80, true],
  ['x,*', 'a.example', 80, true],
  ['example.com', 'example.com', 80, true],
  ['example.com', 'sub.example.com', 80, true],
  ['example.com', 'notexample.com', 80, false],
  ['example.com', 'example.com.evil', 80, false],
  ['EXAMPLE.com', 'Example.COM.', 80, true],
  ['.example.com', 'example.com', 80, false],
  ['.example.com', 'a.b.example.com', 80, true],
  ['*.example.com', 'a.example.com', 80, true],
  ['*.example.com', 'example.com', 80, false],
  ['example.com:443', 'example.com', 443, true],
  ['example.com:443', 'example.com', 80, false],
  ['.example.com:443', 'a.example.com', 443, true],
  [' a.example , b.example ', 'b.example', 80, true],
  ['a.example b.example', 'b.example', 80, true],
  ['10.0.0.1', '10.0.0.1', 80, true],
  ['10.0.0.1', '10.0.0.10', 80, false],
  ['10.0.0.1:5000', '10.0.0.1', 5000, true],
  ['10.0.0.1:5000', '10.0.0.1', 80, false],
  ['10.0.0.0/8', '10.9.9.9', 80, true],
  ['10.0.0.0/8', '11.0.0.1', 80, false],
  ['10.0.0.0/8', 'ten.example', 80, false],
  ['10.0.0.0/33', '10.0.0.1', 80, false],
  ['::1', '[::1]', 80, true],
  ['[::1]', '[::1]', 80, true],
  ['[2001:db8::1]:5000', '[2001:db8:0::1]', 5000, true],
  ['[2001:db8::1]:5000', '[2001:db8::1]', 80, false],
  ['2001:db8::/32', '[2001:db8:5::1]', 80, true],
  ['2001:db8::/32', '10.0.0.1', 80, false],
  [',,', 'a.example', 80, false],
  ['.', 'a.example', 80, false],
  ['*.', 'a.example', 80, false],
  [':80', 'a.example', 80, false],
  ['/8', '10.0.0.1', 80, false],
  ['http://example.com', 'example.com', 80, false],
];

test('NO_PROXY is read as Go reads it', () => {
  for (const [rules, host, port, without] of CASES) {
    assert.equal(parseNoProxy(rules)(host, port), without, `NO_PROXY="${rules}" for ${host}:${port}`);
  }
});
