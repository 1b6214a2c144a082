import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  type Auth,
  buildImage,
  buildLayer,
  type Fault,
  type Match,
  startRegistry,
  type TestImage,
  type TestRegistry,
} from 'dray/testing';
import { checkArchive } from './archive-check.ts';
import { type Ended, runDray } from './run-dray.ts';

/** What a registry does to a pull of one image, and how the pull must end. */
export interface TransferCase {
  readonly name: string;
  /** What the registry does wrong. */
  readonly faults?: readonly Fault[];
  /** The usual image where nothing is said. */
  readonly image?: TestImage & { readonly unpacked?: boolean };
  readonly auth?: Auth;
  /** Faults that need the registry itself. */
  readonly inject?: (registry: TestRegistry) => Fault;
  /** Flags besides those that every case has. */
  readonly flags?: readonly string[];
  /** `right`: exit 0 with every byte as it must be. A pattern: an error that says so, and no file. */
  readonly ends: 'right' | RegExp;
  /** Longest that it may take; 60 by default, of which it needs one unless the machine is loaded. */
  readonly seconds?: number;
  readonly check?: (registry: TestRegistry, ended: Ended) => void;
}

export const small = buildLayer({ files: [{ name: 'small', content: 'a small layer' }] });
export const large = buildLayer({ fill: 400_000 });
/** The image of most cases: a layer of 400 KB between two of a few hundred bytes. */
export const usual: TestImage = buildImage({
  layers: [small, large, { files: [{ name: 'last', content: 'the last layer' }] }],
});
export const size: number = large.bytes.length;
/** The requests for the large layer, those for the config, and those for any layer. */
export const ofLarge = { kind: 'blob', reference: large.digest } as const;
export const ofConfig = { kind: 'blob', reference: usual.config.digest } as const;
export const ofManifest = { kind: 'manifest' } as const;
export const ofToken = { kind: 'token' } as const;
/** What a registry can be asked for, in words. */
export const kinds: readonly (readonly [string, Match])[] = [
  ['the manifest', ofManifest],
  ['the config', ofConfig],
  ['a layer', ofLarge],
  ['a token', ofToken],
];

/** Of a fault that comes once. */
export const once = { times: 1 };
/** At most `extra` bytes more than the layer has. */
export const nothingTwice =
  (extra = 0): NonNullable<TransferCase['check']> =>
  (registry) => {
    const served = registry.served.of(large.digest);
    assert.ok(served <= size + extra, `${served} bytes of ${size}`);
  };

const MEMORY = 256 << 20;
const root = mkdtempSync(join(tmpdir(), 'dray-transfers-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** One test for each case, `concurrency` at a time: more where they do nothing but wait. */
export function transferCases(title: string, cases: readonly TransferCase[], concurrency = 3): void {
  describe(title, { concurrency }, () => {
    for (const each of cases) test(each.name, async () => judge(each));
  });
}

async function judge({
  faults = [],
  image = usual,
  auth,
  inject,
  flags = [],
  ends,
  seconds = 60,
  check,
}: TransferCase): Promise<void> {
  const folder = mkdtempSync(join(root, 'case-'));
  const registry = await startRegistry({ images: { 'app:1': image }, faults, ...(auth === undefined ? {} : { auth }) });
  if (inject !== undefined) registry.inject(inject(registry));
  const file = join(folder, 'app.tar');
  const args = [
    'pull',
    '--insecure',
    '--platform',
    'linux/amd64',
    '--no-sync',
    ...flags,
    registry.reference('app:1'),
    '-o',
    file,
  ];
  try {
    const ended = await runDray(args, { folder, seconds });
    assert.ok(!ended.late, `not over after ${seconds} s; so far: ${ended.stderr}`);
    if (ends === 'right') {
      assert.equal(ended.status, 0, ended.stderr);
      checkArchive(readFileSync(file), image);
    } else failsWell(ended, ends, { file, folder, straight: flags.includes('--no-store') });
    assert.ok(ended.peak < MEMORY, `${Math.round(ended.peak / 1e6)} MB of memory`);
    check?.(registry, ended);
  } finally {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Left {
  readonly file: string;
  readonly folder: string;
  /** What came may stay beside the file, for the next run. */
  readonly straight: boolean;
}

/** An error of one or two lines with docker's status, and nothing that looks like the file. */
function failsWell(ended: Ended, says: RegExp, { file, folder, straight }: Left): void {
  assert.equal(ended.status, 1, `status ${ended.status}: ${ended.stderr}`);
  const message = ended.stderr.slice(ended.stderr.indexOf('dray: '));
  assert.match(message, says);
  assert.doesNotMatch(ended.stderr, /\n\s+at |bug of dray/);
  assert.ok(message.length < 2000 && message.trim().split('\n').length <= 3, `too long: ${message}`);
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  assert.ok(!existsSync(file), 'a file was left');
  const beside = readdirSync(folder).filter((name) => name.startsWith('app.tar'));
  if (!straight) assert.deepEqual(beside, []);
}
