import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../usage-error.ts';
import { address, duration, header, integer, nonEmpty, oneOf, rate, type ValueParser } from './values.ts';

function table<T>(
  name: string,
  parse: ValueParser<T>,
  good: readonly (readonly [string, T])[],
  bad: readonly string[],
) {
  test(name, () => {
    for (const [text, value] of good) assert.deepEqual(parse(text, '--x'), value, text);
    for (const text of bad) {
      assert.throws(
        () => parse(text, '--x'),
        (error) =>
          error instanceof UsageError &&
          error.message.startsWith('invalid argument') &&
          /"--x" flag: ./.test(error.message),
        JSON.stringify(text),
      );
    }
  });
}

table(
  'durations are written as in Go',
  duration,
  [
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['.5s', 500],
    ['1h0m0.25s', 3_600_250],
    ['2000us', 2],
    ['24h', 86_400_000],
  ],
  ['', '30', 's', '-5s', '5 s', '5sec', '1m30', '0s', '0', '25h', '1e3s', '30S', 'Infinity', '99999999999999999h'],
);

table(
  'rates count in powers of 1024',
  rate,
  [
    ['10M', 10 * 2 ** 20],
    ['10m', 10 * 2 ** 20],
    ['500K', 500 * 1024],
    ['1G', 2 ** 30],
    ['1.5M', 1.5 * 2 ** 20],
    ['123456', 123_456],
  ],
  ['', 'M', '10MB', '10 M', '-1M', '0', '100', '1T', '1e9', 'fast', '9999999999G'],
);

table(
  'whole numbers in their bounds',
  integer(1, 64),
  [
    ['1', 1],
    ['64', 64],
    ['007', 7],
  ],
  ['', '0', '65', '-1', '1.5', ' 1', '0x10', '1e1', '99999999999999999999'],
);

table('one of a few words', oneOf('tty', 'plain'), [['tty', 'tty']], ['', 'TTY', 'pl']);
table('anything but nothing', nonEmpty, [['-', '-']], ['']);

table(
  'headers are NAME=VALUE',
  header,
  [
    ['X-Token=a=b', ['X-Token', 'a=b']],
    ['X-Empty=', ['X-Empty', '']],
  ],
  ['', 'X-Token', '=x', 'X Token=1', 'X=a\r\nHost: b', 'X=\u0000'],
);

table(
  'addresses are URLs of known schemes, or hosts',
  address('https', 'http'),
  [
    ['https://mirror.example', 'https://mirror.example'],
    ['http://[::1]:5000/prefix', 'http://[::1]:5000/prefix'],
    ['mirror.example:5000', 'mirror.example:5000'],
  ],
  ['', 'ftp://mirror.example', 'https://', 'https://a b', 'file:///etc/passwd'],
);

test('an address that is refused is not repeated, since it may hold a password', () => {
  assert.throws(
    () => address('http')('socks9://user:secret@host', '--proxy'),
    (error) => error instanceof UsageError && !error.message.includes('secret'),
  );
});
