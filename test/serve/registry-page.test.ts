import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { readConfiguration, startRegistryServer } from '#serve';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/registry.md'), 'utf8');

test('the settings of docs/registry.md are settings', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const examples = [...PAGE.matchAll(/```yaml\n(?<text>.*?)```/gs)].map(({ groups }) => groups?.['text'] ?? '');
  assert.equal(examples.length, 2);
  for (const [index, text] of examples.entries()) {
    const file = join(folder, 'registry.yml');
    writeFileSync(file, text.replaceAll('/srv/', `${folder}/`));
    const { settings, notices } = await readConfiguration({ file, env: {} });
    assert.deepEqual(notices, [], text);
    const expected = [
      { workers: 2, quotas: 2, upstreams: undefined, newest: 20 },
      { workers: undefined, quotas: undefined, upstreams: 2, newest: undefined },
    ][index];
    const { workers, quotas, cache, maintenance } = settings;
    const newest = maintenance?.retention?.[0]?.newest;
    assert.deepEqual({ workers, quotas: quotas?.length, upstreams: cache?.upstreams.length, newest }, expected);
  }
});

test('the program of docs/registry.md runs', async () => {
  const registry = await startRegistryServer({ listen: '127.0.0.1:0', memory: true });
  try {
    assert.equal(await (await fetch(`${registry.url}/v2/`)).text(), '{}');
  } finally {
    await registry.close();
  }
});
