import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Descriptor } from './descriptor.ts';
import type { ImageIndex } from './image-index.ts';
import { OCI_INDEX, OCI_MANIFEST } from './media-types.ts';
import {
  isAttestation,
  matchesPlatform,
  pickPlatform,
  platformCandidates,
  platformOrder,
  platformsOf,
} from './platform-match.ts';
import { formatPlatform, parsePlatform } from './platform-parse.ts';
import { compareVersions, windowsRuns } from './platform-version.ts';

const HOST = { os: 'linux', architecture: 'amd64' };
const platform = (text: string): Descriptor['platform'] & object => parsePlatform(text, HOST);

let count = 0;
const entry = (text?: string, more: Partial<Descriptor> = {}): Descriptor => {
  count += 1;
  return {
    mediaType: OCI_MANIFEST,
    digest: `sha256:${count.toString(16).padStart(64, '0')}`,
    size: count,
    ...(text !== undefined && { platform: platform(text) }),
    ...more,
  };
};

const ARM_FALLBACK = ['linux/arm/v8', 'linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'];

test('the order in which processors are tried', () => {
  const rows: Readonly<Record<string, readonly string[]>> = {
    'linux/amd64': ['linux/amd64', 'linux/386'],
    'linux/amd64/v3': ['linux/amd64/v3', 'linux/amd64/v2', 'linux/amd64', 'linux/386'],
    'linux/amd64/foo': ['linux/amd64/foo', 'linux/386'],
    'linux/amd64/v999': ['linux/amd64/v999', 'linux/386'],
    'linux/386': ['linux/386'],
    'linux/arm': ['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'],
    'linux/arm/v8': ARM_FALLBACK,
    'linux/arm/v6': ['linux/arm/v6', 'linux/arm/v5'],
    'linux/arm/v5': ['linux/arm/v5'],
    'linux/arm/v4': ['linux/arm/v4'],
    'linux/arm64': ['linux/arm64', ...ARM_FALLBACK],
    'linux/arm64/v8.2': ['linux/arm64/v8.2', 'linux/arm64/v8.1', 'linux/arm64', ...ARM_FALLBACK],
    'linux/arm64/v9': [
      'linux/arm64/v9',
      ...[5, 4, 3, 2, 1].map((minor) => `linux/arm64/v8.${minor}`),
      'linux/arm64',
      ...ARM_FALLBACK,
    ],
    'linux/arm64/v9.2': [
      'linux/arm64/v9.2',
      'linux/arm64/v9.1',
      'linux/arm64/v9',
      ...[7, 6, 5, 4, 3, 2, 1].map((minor) => `linux/arm64/v8.${minor}`),
      'linux/arm64',
      ...ARM_FALLBACK,
    ],
    'linux/riscv64': ['linux/riscv64'],
    'linux/riscv64/rva22u64': ['linux/riscv64/rva22u64', 'linux/riscv64'],
    'windows(10.0.17763)/amd64': ['windows(10.0.17763)/amd64', 'windows(10.0.17763)/386'],
  };
  for (const [wanted, order] of Object.entries(rows)) {
    assert.deepEqual(platformOrder(platform(wanted)).map(formatPlatform), order, wanted);
  }
});

test('what runs where', () => {
  const foreign = ['linux/s390x', 'windows/amd64', 'windows/arm', 'linux/arm/v4'];
  const rows: readonly (readonly [wanted: string, runs: readonly string[], not: readonly string[]])[] = [
    ['linux/amd64', ['linux/amd64', 'linux/amd64/v1', 'linux/386'], ['linux/amd64/v2', 'linux/arm/v7', 'linux/arm64']],
    ['linux/amd64/v2', ['linux/amd64', 'linux/amd64/v2', 'linux/386'], ['linux/amd64/v3', 'linux/arm64']],
    ['linux/386', ['linux/386'], ['linux/amd64', 'linux/arm64']],
    ['linux/arm/v8', ['linux/arm', ...ARM_FALLBACK], ['linux/amd64', 'linux/arm64']],
    ['linux/arm/v7', ['linux/arm', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7'], ['linux/arm/v8', 'linux/arm64']],
    ['linux/arm/v6', ['linux/arm/v5', 'linux/arm/v6'], ['linux/arm', 'linux/arm/v7', 'linux/arm64']],
    [
      'linux/arm64/v9',
      ['linux/arm', ...ARM_FALLBACK, 'linux/arm64', 'linux/arm64/v8', 'linux/arm64/v8.5', 'linux/arm64/v9.0'],
      ['linux/arm64/v8.6', 'linux/arm64/v9.1', 'linux/amd64'],
    ],
    ['linux/arm64/v8.1', [...ARM_FALLBACK, 'linux/arm64', 'linux/arm64/v8.1'], ['linux/arm64/v8.2', 'linux/arm64/v9']],
    ['linux/arm64', [...ARM_FALLBACK, 'linux/arm64', 'linux/arm64/v8'], ['linux/arm64/v8.1', 'linux/arm64/v9']],
    ['linux(+gpu)/amd64', ['linux/amd64', 'linux(+gpu)/amd64'], ['linux(+gpu+simd)/amd64', 'linux(+simd)/amd64']],
    ['darwin/arm64', ['darwin/arm64', 'macos/aarch64'], ['linux/arm64']],
  ];
  for (const [wanted, runs, not] of rows) {
    for (const have of runs) assert.equal(matchesPlatform(platform(wanted), platform(have)), true, `${wanted} ${have}`);
    for (const have of [...not, ...foreign]) {
      assert.equal(matchesPlatform(platform(wanted), platform(have)), false, `${wanted} ${have}`);
    }
  }
});

test('windows versions', () => {
  const rows: readonly (readonly [wanted: string, have: string, runs: boolean])[] = [
    ['windows/amd64', 'windows(10.0.17763.1)/amd64', true],
    ['windows(10.0.17763)/amd64', 'windows/amd64', true],
    ['windows(10.0.17763)/amd64', 'windows(10.0.17763.5696)/amd64', true],
    ['windows(10.0.17763)/amd64', 'windows(10.0.14393.1)/amd64', false],
    ['windows(10.0.14393)/amd64', 'windows(10.0.17763.1)/amd64', false],
    ['windows(10.0.20348)/amd64', 'windows(10.0.20348.2)/amd64', true],
    ['windows(10.0.20348)/amd64', 'windows(10.0.17763.2)/amd64', false],
    ['windows(10.0.26100)/amd64', 'windows(10.0.20348.2)/amd64', true],
    ['windows(10.0.26100)/amd64', 'windows(10.0.25398.2)/amd64', true],
    ['windows(10.0.20348)/amd64', 'windows(10.0.26100.1)/amd64', false],
    ['windows(11.0.20348)/amd64', 'windows(10.0.20348)/amd64', false],
    ['windows(10.1.20348)/amd64', 'windows(10.0.20348)/amd64', false],
    ['windows(nonsense)/amd64', 'windows(10.0.1)/amd64', true],
    ['windows(10.0.1)/amd64', 'windows(nonsense)/amd64', false],
    ['windows/amd64', 'windows(10.0.1+win32k)/amd64', true],
    ['windows/amd64', 'windows(10.0.1+other)/amd64', false],
    ['linux(1)/amd64', 'linux(2)/amd64', true],
  ];
  for (const [wanted, have, runs] of rows) {
    assert.equal(matchesPlatform(platform(wanted), platform(have)), runs, `${wanted} ${have}`);
  }
  assert.equal(windowsRuns('999.0.1', '999.0.1'), true);
  assert.ok(compareVersions('10.0.9', '10.0.17763') < 0);
  assert.ok(compareVersions('10.0.17763.2', '10.0.17763') > 0);
  assert.equal(compareVersions('', ''), 0);
  assert.equal(compareVersions('x', 'y'), 0);
});

test('picks the best entry, wherever it stands', () => {
  const rows: readonly (readonly [wanted: string, entries: readonly string[], picked: string | undefined])[] = [
    ['linux/amd64', ['linux/386', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['linux/386', 'linux/arm64'], 'linux/386'],
    ['linux/amd64', ['linux/amd64/v3', 'linux/amd64/v2'], undefined],
    ['linux/amd64/v3', ['linux/386', 'linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2'],
    ['linux/arm', ['linux/arm/v5', 'linux/arm/v7', 'linux/arm/v6'], 'linux/arm/v7'],
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v6'],
    ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v5'], 'linux/arm/v5'],
    ['linux/arm/v6', ['linux/arm/v7'], undefined],
    ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 'linux/arm64/v8'],
    ['linux/arm64/v8', ['linux/arm/v7', 'linux/arm64'], 'linux/arm64'],
    ['linux/arm64', ['linux/arm/v6', 'linux/arm/v7', 'linux/amd64'], 'linux/arm/v7'],
    ['linux/arm64/v9', ['linux/arm64', 'linux/arm64/v8.5', 'linux/arm64/v8.6'], 'linux/arm64/v8.5'],
    ['linux/ppc64le', ['linux/amd64', 'linux/s390x'], undefined],
    ['windows/amd64', ['windows(10.0.17763.1)/amd64', 'windows(10.0.20348.1)/amd64'], 'windows(10.0.20348.1)/amd64'],
    [
      'windows(10.0.17763)/amd64',
      ['windows(10.0.20348)/amd64', 'windows(10.0.17763.9)/amd64'],
      'windows(10.0.17763.9)/amd64',
    ],
    ['windows/amd64', ['windows(10.0.9.1)/amd64', 'windows(10.0.10.1)/amd64'], 'windows(10.0.10.1)/amd64'],
    ['linux(+gpu)/amd64', ['linux/amd64', 'linux(+gpu)/amd64'], 'linux(+gpu)/amd64'],
  ];
  for (const [wanted, texts, picked] of rows) {
    const entries = texts.map((text) => entry(text));
    const found = pickPlatform(entries, platform(wanted))?.platform;
    assert.equal(found && formatPlatform(found), picked, wanted);
    const reversed = pickPlatform(entries.toReversed(), platform(wanted))?.platform;
    assert.equal(reversed && formatPlatform(reversed), picked, `${wanted}, reversed`);
  }
});

test('of equals the first is picked', () => {
  const entries = [entry('linux/arm64/v8'), entry('linux/arm64')];
  assert.equal(pickPlatform(entries, platform('linux/arm64')), entries[0]);
});

test('attestations are never picked nor listed', () => {
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const attestation = { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } };
  const entries = [
    entry(undefined, { platform: unknown }),
    entry('linux/amd64', attestation),
    entry(undefined, attestation),
    entry('linux/arm64'),
  ];
  assert.deepEqual(entries.map(isAttestation), [true, true, true, false]);
  assert.equal(pickPlatform(entries, platform('linux/amd64')), undefined);
  assert.equal(pickPlatform(entries, unknown), undefined);
  assert.equal(pickPlatform(entries, platform('linux/arm64')), entries[3]);
  assert.deepEqual(platformCandidates(entries, platform('linux/amd64')), []);
  assert.deepEqual(platformsOf(indexOf(entries)).map(formatPlatform), ['linux/arm64']);
});

test('an entry without a platform is picked only when it is the only one and nothing matches', () => {
  const bare = entry();
  const nested = entry(undefined, { mediaType: OCI_INDEX });
  assert.equal(pickPlatform([bare], platform('linux/amd64')), bare);
  assert.equal(pickPlatform([entry('linux/arm64'), nested], platform('linux/amd64')), nested);
  assert.equal(pickPlatform([bare, nested], platform('linux/amd64')), undefined);
  const match = entry('linux/amd64');
  assert.equal(pickPlatform([bare, match], platform('linux/amd64')), match);
  assert.equal(pickPlatform([], platform('linux/amd64')), undefined);
  const fallback = entry('linux/386');
  assert.deepEqual(platformCandidates([bare, fallback, nested, match], platform('linux/amd64')), [
    match,
    fallback,
    bare,
    nested,
  ]);
});

test('lists the platforms of an index once each, in its order', () => {
  const entries = [
    'linux/arm64/v8',
    'linux/amd64',
    'linux/arm64',
    'linux/arm',
    'windows(10.0.1)/amd64',
    'windows(10.0.2)/amd64',
  ].map((text) => entry(text));
  assert.deepEqual(platformsOf(indexOf([...entries, entry()])).map(formatPlatform), [
    'linux/arm64',
    'linux/amd64',
    'linux/arm/v7',
    'windows(10.0.1)/amd64',
    'windows(10.0.2)/amd64',
  ]);
});

test('ten thousand entries take little time', () => {
  const entries = Array.from({ length: 10_000 }, (_, at) =>
    entry(at % 2 === 0 ? 'linux/arm/v5' : 'windows(10.0.1)/amd64'),
  );
  const start = process.cpuUsage();
  assert.equal(pickPlatform(entries, platform('linux/arm64/v9.9')), entries[0]);
  assert.ok(process.cpuUsage(start).user < 5_000_000);
});

function indexOf(manifests: readonly Descriptor[]): ImageIndex {
  return { mediaType: OCI_INDEX, manifests };
}
