import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkSettings } from './check-settings.ts';
import { completeSettings, type SettingsPart } from './settings.ts';

const HASH = `$2y$04$${'a'.repeat(53)}`;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dray-check-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  writeFileSync(join(path, 'users'), `me:${HASH}\n`);
  return path;
}

test('what could not be started is refused', async (t) => {
  const at = folder(t);
  const data = join(at, 'data');
  const upstreams = [{ domain: 'ghcr.io' }];
  const hook = { name: 'a', url: 'ftp://h/', headers: {}, references: false };
  const cases: readonly (readonly [SettingsPart, string])[] = [
    [{ listen: 'a b' }, 'INVALID_OPTION'],
    [{ debug: 'a b' }, 'INVALID_OPTION'],
    [{ headers: { 'X Y': ['a'] } }, 'INVALID_CONFIGURATION'],
    [{ headers: { X: ['a\r\nSet-Cookie: b'] } }, 'INVALID_CONFIGURATION'],
    [{ health: { checks: [{ kind: 'http', url: 'localhost:1' }] } }, 'INVALID_CONFIGURATION'],
    [{ cache: { upstreams } }, 'INVALID_OPTION'],
    [{ quotas: [{ bytes: 1 }] }, 'INVALID_OPTION'],
    [{ data: join(at, 'users') }, 'IO_FAILED'],
    [{ data, cache: { upstreams: [...upstreams, ...upstreams] } }, 'INVALID_CONFIGURATION'],
    [{ data, cache: { upstreams, rules: [{ match: '**', to: 'quay.io' }] } }, 'INVALID_CONFIGURATION'],
    [{ access: { htpasswd: { path: join(at, 'none') } } }, 'IO_FAILED'],
    [{ access: { tokenService: {} } }, 'INVALID_CONFIGURATION'],
    [{ data, webhooks: [hook] }, 'INVALID_OPTION'],
    [{ data, maintenance: { retention: [{ tags: '/(/', newest: 1 }] } }, 'INVALID_OPTION'],
    [{ data, immutable: [{ tags: '/(/' }] }, 'INVALID_OPTION'],
  ];
  for (const [settings, code] of cases) {
    await assert.rejects(checkSettings(completeSettings(settings)), { code }, JSON.stringify(settings));
  }
});

test('a folder that may not be written is refused, but for reading', {
  skip: process.getuid?.() === 0 && 'root may write everywhere',
}, async (t) => {
  const data = join(folder(t), 'data');
  mkdirSync(data, { mode: 0o555 });
  await assert.rejects(checkSettings(completeSettings({ data })), { code: 'IO_FAILED' });
  await checkSettings(completeSettings({ data, readOnly: true }));
});

test('what can be started is left as it is: nothing is written', async (t) => {
  const at = folder(t);
  const keyFile = join(at, 'key.pem');
  await checkSettings(
    completeSettings({
      data: join(at, 'data'),
      headers: { 'X-Served-By': ['here'] },
      access: { htpasswd: { path: join(at, 'users') }, tokenService: { keyFile } },
      cache: { upstreams: [{ domain: 'docker.io' }] },
      maintenance: { retention: [{ newest: 3 }] },
      quotas: [{ bytes: 1 }],
      webhooks: [{ name: 'a', url: 'http://h/', headers: {}, references: false }],
    }),
  );
  const access = { htpasswd: { path: join(at, 'users') }, tokenService: {} };
  await checkSettings(completeSettings({ data: join(at, 'data'), access }));
  assert.deepEqual(readdirSync(at), ['users']);
});
