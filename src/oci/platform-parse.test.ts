import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '#errors';
import type { Platform } from './platform.ts';
import { normalizePlatform } from './platform-normalize.ts';
import { formatPlatform, parsePlatform } from './platform-parse.ts';

const HOST: Platform = { os: 'linux', architecture: 'amd64' };
const ARM: Platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
const ARM6: Platform = { os: 'linux', architecture: 'arm', variant: 'v6' };

const linux = (architecture: string, variant?: string): Platform =>
  variant === undefined ? { os: 'linux', architecture } : { os: 'linux', architecture, variant };

/** As written; what it is; how that is written, where differently. */
const ROWS: readonly (readonly [text: string, expected: Platform, formatted?: string])[] = [
  ['linux/amd64', linux('amd64')],
  ['linux/amd64/v1', linux('amd64'), 'linux/amd64'],
  ['linux/amd64/v2', linux('amd64', 'v2')],
  ['linux/amd64/V3', linux('amd64', 'v3'), 'linux/amd64/v3'],
  ['Linux/x86_64', linux('amd64'), 'linux/amd64'],
  ['LINUX/X86-64', linux('amd64'), 'linux/amd64'],
  ['linux/i386', linux('386'), 'linux/386'],
  ['linux/386', linux('386')],
  ['linux/i386/v6', linux('386'), 'linux/386'],
  ['linux/arm64', linux('arm64')],
  ['linux/aarch64', linux('arm64'), 'linux/arm64'],
  ['linux/arm64/v8', linux('arm64', 'v8')],
  ['linux/arm64/8', linux('arm64', 'v8'), 'linux/arm64/v8'],
  ['linux/arm64/v8.0', linux('arm64', 'v8'), 'linux/arm64/v8'],
  ['linux/arm64/v8.1', linux('arm64', 'v8.1')],
  ['linux/arm64/9', linux('arm64', 'v9'), 'linux/arm64/v9'],
  ['linux/arm64/v9.0', linux('arm64', 'v9'), 'linux/arm64/v9'],
  ['linux/arm64/v9.2', linux('arm64', 'v9.2')],
  ['linux/arm', linux('arm')],
  ['linux/armhf', linux('arm'), 'linux/arm'],
  ['linux/armel', linux('arm', 'v6'), 'linux/arm/v6'],
  ['linux/arm/v7', linux('arm', 'v7')],
  ['linux/arm/7', linux('arm', 'v7'), 'linux/arm/v7'],
  ['linux/arm/5', linux('arm', 'v5'), 'linux/arm/v5'],
  ['linux/arm/v6', linux('arm', 'v6')],
  ['linux/arm/v8', linux('arm', 'v8')],
  ['linux/s390x', linux('s390x')],
  ['linux/ppc64le', linux('ppc64le')],
  ['linux/riscv64', linux('riscv64')],
  ['linux/loong64', linux('loong64')],
  ['linux/mips64le', linux('mips64le')],
  ['linux/wasm', linux('wasm')],
  ['wasi/wasm', { os: 'wasi', architecture: 'wasm' }],
  ['weird/odd', { os: 'weird', architecture: 'odd' }],
  ['weird/odd/x.y-z_1', { os: 'weird', architecture: 'odd', variant: 'x.y-z_1' }],
  ['macOS/arm64', { os: 'darwin', architecture: 'arm64' }, 'darwin/arm64'],
  ['windows/amd64', { os: 'windows', architecture: 'amd64' }],
  ['windows(10.0.17763)/amd64', { os: 'windows', architecture: 'amd64', osVersion: '10.0.17763' }],
  ['windows()/amd64', { os: 'windows', architecture: 'amd64' }, 'windows/amd64'],
  [
    'windows(10.0.17763+win32k)/amd64',
    { os: 'windows', architecture: 'amd64', osVersion: '10.0.17763', osFeatures: ['win32k'] },
  ],
  ['linux(+gpu)/amd64', { os: 'linux', architecture: 'amd64', osFeatures: ['gpu'] }],
  [
    'linux(+unsorted+erofs)/amd64',
    { os: 'linux', architecture: 'amd64', osFeatures: ['unsorted', 'erofs'] },
    'linux(+erofs+unsorted)/amd64',
  ],
  ['windows(10.0.17763%2Bbuild.42)/amd64', { os: 'windows', architecture: 'amd64', osVersion: '10.0.17763+build.42' }],
  ['windows(50%25done)/amd64', { os: 'windows', architecture: 'amd64', osVersion: '50%done' }],
  // One of the two alone: the rest is the host's.
  ['linux', linux('amd64'), 'linux/amd64'],
  ['Linux', linux('amd64'), 'linux/amd64'],
  ['windows', { os: 'windows', architecture: 'amd64' }, 'windows/amd64'],
  ['windows(10.0.1)', { os: 'windows', architecture: 'amd64', osVersion: '10.0.1' }, 'windows(10.0.1)/amd64'],
  ['macos', { os: 'darwin', architecture: 'amd64' }, 'darwin/amd64'],
  ['arm', linux('arm'), 'linux/arm'],
  ['armel', linux('arm', 'v6'), 'linux/arm/v6'],
  ['armhf', linux('arm'), 'linux/arm'],
  ['Aarch64', linux('arm64'), 'linux/arm64'],
  ['x86_64', linux('amd64'), 'linux/amd64'],
  ['i386', linux('386'), 'linux/386'],
  ['s390x', linux('s390x'), 'linux/s390x'],
];

test('reads and writes platforms', () => {
  for (const [text, expected, formatted = text] of ROWS) {
    const platform = parsePlatform(text, HOST);
    assert.deepEqual(platform, expected, text);
    assert.equal(formatPlatform(platform), formatted);
    assert.equal(formatPlatform(parsePlatform(formatted, HOST)), formatted);
  }
});

test("the host's arm variant is named unless it is the usual one", () => {
  assert.deepEqual(parsePlatform('linux', ARM), linux('arm'));
  assert.deepEqual(parsePlatform('linux', ARM6), linux('arm', 'v6'));
  assert.deepEqual(parsePlatform('amd64', ARM6), linux('amd64'));
});

test('refuses what is no platform', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['', /OS component ""/],
    ['*', /wildcard/],
    ['linux/*', /wildcard/],
    ['/linux/arm', /OS component ""/],
    ['linux/', /component ""/],
    ['linux/arm/', /component ""/],
    ['linux//v7', /component ""/],
    ['linux /arm', /OS component "linux "/],
    ['linux/ arm', /component/],
    ['linux/&arm', /component "&arm"/],
    ['linux/arm/foo/bar', /more than three/],
    ['linux/arm/foo/bar/baz', /more than three/],
    ['plan10', /unknown operating system or architecture/],
    ['constructor', /unknown/],
    ['linux(/amd64', /OS component/],
    ['linux)/amd64', /OS component/],
    ['linux(1)(2)/amd64', /OS component/],
    ['windows(10 0)/amd64', /OS component/],
    ['windows(%zz)/amd64', /broken escape/],
    ['windows(%ff)/amd64', /broken escape/],
    ['windows(1+%)/amd64', /broken escape/],
    ['linux/amd64\n', /component/],
    ['linux\u0000', /OS component/],
    ['línux/amd64', /OS component/],
    ['x'.repeat(2000), /too long/],
    [`linux(${'+'.repeat(1 << 20)})/amd64`, /too long/],
  ];
  for (const [text, message] of rows) {
    assert.throws(() => parsePlatform(text, HOST), { code: 'INVALID_PLATFORM', message }, text.slice(0, 60));
  }
});

test('any text is read or refused with INVALID_PLATFORM, and what was read can be written', () => {
  const pieces = fc.constantFrom(
    'linux',
    'windows',
    'arm',
    'v7',
    '/',
    '(',
    ')',
    '+',
    '%2B',
    '%',
    '10.0',
    'x',
    '*',
    ' ',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (value) => {
      try {
        const written = formatPlatform(parsePlatform(value, HOST));
        assert.equal(formatPlatform(parsePlatform(written, HOST)), written);
      } catch (error) {
        assert.ok(hasCode(error, 'INVALID_PLATFORM'), String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('writes what an index holds, without escape sequences', () => {
  const rows: readonly (readonly [Platform, string])[] = [
    [{ os: '', architecture: 'amd64' }, 'unknown'],
    [{ os: 'linux', architecture: '' }, 'linux'],
    [{ os: 'windows', architecture: 'amd64', osVersion: '1.0(beta)' }, 'windows(1.0%28beta%29)/amd64'],
    [{ os: 'windows', architecture: 'amd64', osVersion: 'a/b' }, 'windows(a%2Fb)/amd64'],
    [{ os: 'linux', architecture: 'amd64', osFeatures: ['', 'gpu', '', 'simd'] }, 'linux(+gpu+simd)/amd64'],
    [{ os: 'linux', architecture: 'amd64', osFeatures: ['feat+v2'] }, 'linux(+feat%2Bv2)/amd64'],
    [
      { os: 'windows', architecture: 'amd64', osVersion: '10.0+b', osFeatures: ['f+1'] },
      'windows(10.0%2Bb+f%2B1)/amd64',
    ],
    [{ os: '\u001b[2Jlinux', architecture: 'amd64\r\n' }, ' [2Jlinux/amd64 '],
  ];
  for (const [platform, expected] of rows) assert.equal(formatPlatform(platform), expected);
});

test('normalising is done once', () => {
  const rows: readonly (readonly [Platform, Platform])[] = [
    [linux('Aarch64', 'V8'), linux('arm64')],
    [linux('arm'), linux('arm', 'v7')],
    [linux('armhf', 'v5'), linux('arm', 'v7')],
    [linux('x86_64', 'v1'), linux('amd64')],
    [linux('amd64', ''), linux('amd64')],
    [linux('riscv64', 'RVA22U64'), linux('riscv64', 'rva22u64')],
    [
      { os: 'MacOS', architecture: 'ARM64', osVersion: '', osFeatures: [] },
      { os: 'darwin', architecture: 'arm64' },
    ],
    [
      { ...HOST, osFeatures: ['b', 'a', 'b', ''] },
      { ...HOST, osFeatures: ['a', 'b'] },
    ],
    [linux('__proto__', 'constructor'), linux('__proto__', 'constructor')],
  ];
  for (const [platform, expected] of rows) {
    assert.deepEqual(normalizePlatform(platform), expected);
    assert.deepEqual(normalizePlatform(expected), expected);
  }
});
