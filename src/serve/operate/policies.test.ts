import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { digestOf } from '#oci';
import { systemClock } from '#timing';
import { ApiError } from '../http/api-error.ts';
import type { RegistryEvent } from '../observe/port.ts';
import { Paths } from '../storage/folder/paths.ts';
import type { RegistryStorage } from '../storage/port.ts';
import { immutableTags } from './immutable-tags.ts';
import type { ImmutableRule, QuotaRule, RetentionRule } from './options.ts';
import { createQuotas } from './quotas.ts';
import { readOnlyFile, readOnlyMode } from './read-only-mode.ts';
import { HOUR, maintenanceAt, openStorage, pushImage, putBlob, removals, someBytes } from './registry.test.fixture.ts';
import { untilOpen } from './timetable.ts';

const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-policies-'));
after(() => rmSync(base, { recursive: true }));
let root = '';
let storage: RegistryStorage;
let runs = 0;
beforeEach(() => {
  runs += 1;
  root = join(base, `registry-${runs}`);
  storage = openStorage(root);
});

const refuses = (status: number, code: string, message: RegExp) => (error: unknown) =>
  error instanceof ApiError && error.status === status && error.faults[0]?.code === code && message.test(error.message);

describe('immutable tags', () => {
  const [a, b] = [digestOf('a'), digestOf('b')];
  const cases: readonly (readonly [ImmutableRule, string, string, boolean])[] = [
    [{}, 'app', 'latest', true],
    [{ except: 'latest' }, 'app', 'latest', false],
    [{ except: ['latest', 'dev-*'] }, 'app', 'dev-1', false],
    [{ repositories: 'team/*' }, 'team/app', '1', true],
    [{ repositories: 'team/*' }, 'team/app/web', '1', false],
    [{ repositories: 'team/**' }, 'team/app/web', '1', true],
    [{ repositories: ['x', 'y'] }, 'y', '1', true],
    [{ tags: 'v*' }, 'app', 'v1', true],
    [{ tags: 'v*' }, 'app', '1', false],
    [{ tags: 'semver' }, 'app', '1.2.3', true],
    [{ tags: 'semver' }, 'app', 'v1.2.3-rc.1', true],
    [{ tags: 'semver' }, 'app', '1.2', false],
    [{ tags: '/^release-\\d+$/' }, 'app', 'release-12', true],
    [{ tags: '/^release-\\d+$/' }, 'app', 'release-x', false],
  ];
  for (const [rule, repository, tag, isImmutable] of cases) {
    it(`${JSON.stringify(rule)} ${isImmutable ? 'protects' : 'lets go'} ${repository}:${tag}`, async () => {
      const { allowTag } = immutableTags([rule]);
      const move = (): unknown => allowTag?.(repository, tag, { from: a, to: b });
      const remove = (): unknown => allowTag?.(repository, tag, { from: a, to: undefined });
      if (isImmutable) {
        assert.throws(move, refuses(409, 'DENIED', /is immutable: it is sha256:.* push under another tag/));
        assert.throws(remove, refuses(409, 'DENIED', /cannot be deleted/));
      } else {
        await move();
        await remove();
      }
      await allowTag?.(repository, tag, { from: undefined, to: a });
      await allowTag?.(repository, tag, { from: a, to: a });
    });
  }

  it('refuses an expression that is none', () => {
    assert.throws(() => immutableTags([{ tags: '/(/' }]), /no regular expression/);
  });
});

describe('read-only mode', () => {
  it('holds while its file is there', async () => {
    const { allowWrite } = readOnlyMode({ root });
    await allowWrite?.('app');
    mkdirSync(dirname(readOnlyFile(root)), { recursive: true });
    writeFileSync(readOnlyFile(root), '');
    assert.throws(() => allowWrite?.('app'), refuses(405, 'UNSUPPORTED', /read-only/));
    rmSync(readOnlyFile(root));
    await allowWrite?.('app');
    assert.throws(() => readOnlyMode({ always: true }).allowWrite?.('app'), refuses(405, 'UNSUPPORTED', /read-only/));
  });
});

describe('quotas', () => {
  const pushed = (repository: string, size: number): RegistryEvent => ({
    action: 'push',
    kind: 'blob',
    repository,
    mediaType: '',
    digest: digestOf(`${repository} ${size} ${Math.random()}`),
    size,
    actor: undefined,
    request: { id: '', address: '', host: '', method: '', userAgent: '' },
  });
  const quotasOf = (...quotas: readonly QuotaRule[]): ReturnType<typeof createQuotas> => createQuotas({ quotas, root });
  const full = refuses(403, 'DENIED', /^quota exceeded: /);

  it('counts what is there, each blob once, and what comes', async () => {
    const shared = await putBlob(storage, 'team/a', someBytes(1000));
    await storage.mountBlob('team/b', shared, 'team/a');
    await putBlob(storage, 'other', someBytes(5000));
    const quotas = quotasOf({ repositories: 'team/**', bytes: 3000 });
    await quotas.allowBytes('team/b', 2000);
    await assert.rejects(async () => quotas.allowBytes('team/b', 2001), full);
    await quotas.allowBytes('other', 1e12);
    quotas.happened(pushed('team/b', 2000));
    await assert.rejects(async () => quotas.allowBytes('team/a', 0), full);
  });

  it('is of everything, each namespace, or each repository', async () => {
    const quotas = quotasOf({ bytes: 100 }, { bytes: 50, per: 'namespace' }, { bytes: 20, per: 'repository' });
    await quotas.recount();
    quotas.happened(pushed('a/x', 20));
    await assert.rejects(async () => quotas.allowBytes('a/x', 1), refuses(403, 'DENIED', /a\/x may keep 20 bytes/));
    quotas.happened(pushed('a/y', 20));
    const below = refuses(403, 'DENIED', /everything below a may keep 50 bytes, has 40 bytes, and 11 bytes more/);
    await assert.rejects(
      async () => quotas.allowBytes('a/z', 11),
      (error) => below(error) || full(error),
    );
  });

  it('refuses nobody on the ground of an old count, and finds what others have pushed', async () => {
    let time = 0;
    const clock = { ...systemClock, monotonic: () => time };
    const quotas = createQuotas({ quotas: [{ bytes: 1000 }], root, clock });
    await quotas.allowBytes('app', 1000);
    const digest = await putBlob(storage, 'app', someBytes(900));
    await quotas.allowBytes('app', 1000);
    await quotas.recount();
    await assert.rejects(async () => quotas.allowBytes('app', 101), full);
    await storage.removeBlob('app', digest);
    await assert.rejects(async () => quotas.allowBytes('app', 101), full);
    time = 6000;
    await quotas.allowBytes('app', 101);
  });
});

describe('retention', () => {
  const tagsAfter = async (
    rules: readonly RetentionRule[],
    immutable: readonly ImmutableRule[] = [],
  ): Promise<string> => {
    const ages = { latest: 1, 'v1.0.0': 50, 'v1.1.0': 40, 'v2.0.0': 30, 'dev-1': 20, 'dev-2': 10, 'dev-3': 5 };
    for (const [tag, hours] of Object.entries(ages)) {
      await pushImage(storage, 'team/app', [tag]);
      const time = (Date.now() - hours * HOUR) / 1000;
      utimesSync(join(new Paths(root).tag('team/app', tag), 'current', 'link'), time, time);
    }
    const maintenance = maintenanceAt(root, 0, { retention: rules, immutable });
    const dry = await removals(maintenance, true);
    assert.deepEqual(await removals(maintenance), dry);
    return ((await openStorage(root).tags('team/app'))?.names ?? []).join(' ');
  };
  const all = 'dev-1 dev-2 dev-3 latest v1.0.0 v1.1.0 v2.0.0';
  const cases: readonly (readonly [string, readonly RetentionRule[], string, (readonly ImmutableRule[])?])[] = [
    ['nothing without rules', [], all],
    ['nothing by a rule for others', [{ repositories: 'other', newest: 0 }], all],
    ['nothing by a rule that says nothing of tags', [{ untagged: 1 }], all],
    ['all but the newest', [{ newest: 2 }], 'dev-3 latest'],
    ['all but the newest of some', [{ tags: 'dev-*', newest: 1 }], 'dev-3 latest v1.0.0 v1.1.0 v2.0.0'],
    ['what is old', [{ younger: 25 * HOUR }], 'dev-1 dev-2 dev-3 latest'],
    [
      'what is neither new nor among the newest',
      [{ tags: 'v*', newest: 2, younger: HOUR }],
      all.replace('v1.0.0 ', ''),
    ],
    ['no exceptions', [{ newest: 0, except: ['latest', 'semver'] }], 'latest v1.0.0 v1.1.0 v2.0.0'],
    [
      'by the first rule alone',
      [{ repositories: 'team/*', younger: 45 * HOUR }, { newest: 0 }],
      all.replace('v1.0.0 ', ''),
    ],
    ['nothing immutable', [{ newest: 0 }], 'v1.0.0 v1.1.0 v2.0.0', [{ tags: 'v*' }]],
  ];
  for (const [what, rules, left, immutable] of cases) {
    it(`removes ${what}`, async () => assert.equal(await tagsAfter(rules, immutable), left));
  }

  it('leaves no tag for docker-registry, and the untagged manifest for its time', async () => {
    const image = await pushImage(storage, 'app', ['old']);
    const paths = new Paths(root);
    for (const link of [paths.revision('app', image.digest), join(paths.tag('app', 'old'), 'current')]) {
      utimesSync(join(link, 'link'), 1000, 1000);
    }
    const rules = { retention: [{ newest: 0, untagged: HOUR }] };
    assert.deepEqual(await removals(maintenanceAt(root, 0, rules)), ['tag app old']);
    assert.equal(existsSync(paths.tag('app', 'old')), false);
    assert.deepEqual(await removals(maintenanceAt(root, 0.5, rules)), []);
    assert.ok((await removals(maintenanceAt(root, 1.5, rules))).includes(`manifest app ${image.digest}`));
  });
});

describe('purging uploads', () => {
  it('removes those that nobody went on with, also what docker-registry left', async () => {
    const id = await storage.uploads.begin('app');
    const theirs = join(new Paths(root).upload('app', '0b2b4d38'), 'hashstates', 'sha256');
    mkdirSync(theirs, { recursive: true });
    writeFileSync(join(theirs, '0'), 'x');
    writeFileSync(join(theirs, '..', '..', 'data'), 'xyz');
    const uploads = { age: 2 * HOUR };
    assert.deepEqual(await removals(maintenanceAt(root, 1.9, { uploads })), []);
    const sum = await maintenanceAt(root, 2.1, { uploads }).run({ dryRun: true });
    assert.equal(sum.uploads, 2);
    assert.deepEqual(
      await removals(maintenanceAt(root, 2.1, { uploads })),
      [`upload app ${id}`, 'upload app 0b2b4d38'].toSorted(),
    );
    assert.equal(await openStorage(root).uploads.size('app', id), undefined);
  });
});

describe('a window of time', () => {
  const at = (hours: number): number => hours * HOUR;
  for (const [time, from, to, expected] of [
    [12, 60, 120, 13],
    [1.5, 60, 120, 0],
    [2, 60, 120, 23],
    [23, 1320, 240, 0],
    [3, 1320, 240, 0],
    [4, 1320, 240, 18],
    [5, 0, 0, 0],
  ] as const) {
    it(`from minute ${from} to ${to} is open ${expected} hours after ${time}:00`, () => {
      assert.equal(untilOpen(at(time), { from, to }), at(expected));
    });
  }
});
