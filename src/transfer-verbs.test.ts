import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode } from '#errors';
import { basicAuth, helloIndex, startRegistry, type TestRegistry } from '#testing';
import { createDray } from './create-dray.ts';
import type { DrayOptions } from './dray.ts';

const folder = mkdtempSync(join(tmpdir(), 'dray-transfer-'));
const registries: TestRegistry[] = [];
after(async () => {
  await Promise.all(registries.map((registry) => registry.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function guarded(user: string, images: Parameters<typeof startRegistry>[0] = {}): Promise<TestRegistry> {
  const registry = await startRegistry({ ...images, auth: basicAuth({ [user]: `${user}'s` }) });
  registries.push(registry);
  return registry;
}

const of = (user: string) => ({ credentials: { username: user, password: `${user}'s` } });

test('either end of a copy has its own credentials', async () => {
  const index = helloIndex();
  const source = await guarded('reader', { images: { 'app:1': index } });
  const target = await guarded('writer');
  const copy = async (options: DrayOptions): Promise<void> => {
    const dray = createDray({ root: join(folder, 'store'), env: {}, retries: 0, ...options });
    try {
      const [result] = await dray.copy(source.reference('app:1'), `docker://${target.reference('copy:1')}`);
      assert.equal(result?.root.digest, index.root.digest);
    } finally {
      await dray.close();
    }
  };
  await assert.rejects(copy({ source: of('reader') }), (e) => hasCode(e, 'UNAUTHORIZED', 'DENIED'));
  await assert.rejects(copy({ target: of('writer') }), (e) => hasCode(e, 'UNAUTHORIZED', 'DENIED'));
  await assert.rejects(copy(of('reader')), (e) => hasCode(e, 'UNAUTHORIZED', 'DENIED'));
  await copy({ source: of('reader'), target: of('writer') });
  await copy({ ...of('reader'), target: of('writer') });
});

test('a push uses the credentials of the registry that its name says', async () => {
  const target = await guarded('writer');
  const source = await startRegistry({ images: { 'app:1': helloIndex() } });
  registries.push(source);
  const dray = createDray({ root: join(folder, 'store'), env: {}, ...of('writer') });
  try {
    await dray.copy(source.reference('app:1'), `store:${target.reference('app:1')}`);
    const result = await dray.push(target.reference('app:1'));
    assert.equal(result.fullName, target.reference('app:1'));
  } finally {
    await dray.close();
  }
});
