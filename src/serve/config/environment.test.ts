import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDrayError } from '#errors';
import type { SettingsPart } from '../settings.ts';
import { readConfiguration } from './read-configuration.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-config-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const NAMES: readonly (readonly [env: Record<string, string>, settings: SettingsPart])[] = [
  [{ REGISTRY_HTTP_ADDR: '0.0.0.0:80' }, { listen: '0.0.0.0:80' }],
  [{ REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/d' }, { data: '/d', memory: false }],
  [{ REGISTRY_STORAGE_DELETE_ENABLED: 'true' }, { deletes: true }],
  [{ REGISTRY_STORAGE: 'inmemory' }, { memory: true }],
  [{ REGISTRY_STORAGE_MAINTENANCE_READONLY: '{enabled: true}' }, { readOnly: true }],
  [{ REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: 'true' }, { readOnly: true }],
  [
    { REGISTRY_AUTH: 'htpasswd', REGISTRY_AUTH_HTPASSWD_PATH: '/p', REGISTRY_AUTH_HTPASSWD_REALM: 'My Realm' },
    { access: { htpasswd: { path: '/p', realm: 'My Realm' } } },
  ],
  [{ REGISTRY_AUTH: '{htpasswd: {path: /p}}' }, { access: { htpasswd: { path: '/p', realm: undefined } } }],
  [
    { REGISTRY_HTTP_TLS_CERTIFICATE: '/c', REGISTRY_HTTP_TLS_KEY: '/k', REGISTRY_HTTP_TLS_CLIENTCAS: '["/a"]' },
    { tls: { cert: '/c', key: '/k', clientCas: ['/a'], clientAuth: undefined, minimumTls: undefined } },
  ],
  [
    {
      REGISTRY_HTTP_TLS_CERTIFICATE: '/c',
      REGISTRY_HTTP_TLS_KEY: '/k',
      REGISTRY_HTTP_TLS_CLIENTCAS_0: '/a',
      REGISTRY_HTTP_TLS_CLIENTCAS_1: '/b',
    },
    { tls: { cert: '/c', key: '/k', clientCas: ['/a', '/b'], clientAuth: undefined, minimumTls: undefined } },
  ],
  [
    { 'REGISTRY_HTTP_HEADERS_Access-Control-Allow-Origin': '["*"]' },
    { headers: { 'access-control-allow-origin': ['*'] } },
  ],
  [{ REGISTRY_HTTP_HEADERS: "{X-A: ['b']}" }, { headers: { 'X-A': ['b'] } }],
  [
    { REGISTRY_LOG_LEVEL: 'debug', REGISTRY_LOG_ACCESSLOG_DISABLED: 'true' },
    { log: { level: 'debug', access: undefined } },
  ],
  [
    { REGISTRY_PROXY_REMOTEURL: 'https://r.example' },
    { cache: { upstreams: [{ domain: 'r.example', url: 'https://r.example', prefix: '' }], maxIdle: 604_800_000 } },
  ],
  // an empty one says nothing; podman's is about something else
  [{ REGISTRY_PROXY_REMOTEURL: '', REGISTRY_AUTH_FILE: '/run/auth.json', REGISTRATION: 'x' }, {}],
];

test('REGISTRY_ names are settings, without a file too', async () => {
  for (const [env, wanted] of NAMES) {
    const { settings, notices } = await readConfiguration({ env });
    const { log, health, access, ...rest } = settings;
    const { log: wantedLog = {}, access: wantedAccess = {}, ...wantedRest } = wanted;
    assert.deepEqual(rest, wantedRest, JSON.stringify(env));
    assert.deepEqual([log, access, health], [wantedLog, wantedAccess, {}], JSON.stringify(env));
    assert.deepEqual(notices, []);
  }
});

test('they are stronger than the file, whichever kind it is', async () => {
  const theirs = join(folder, 'theirs.yml');
  await writeFile(
    theirs,
    'version: 0.1\nstorage: {filesystem: {rootdirectory: /a}, delete: {enabled: true}}\nhttp: {addr: ":1"}\n',
  );
  const env = { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/b', REGISTRY_HTTP_ADDR: ':2' };
  const one = await readConfiguration({ file: theirs, env });
  assert.deepEqual([one.settings.data, one.settings.listen, one.settings.deletes], ['/b', ':2', true]);

  const ours = join(folder, 'ours.yml');
  await writeFile(ours, 'data: a\nlisten: ":1"\nread-only: true\n');
  const other = await readConfiguration({ file: ours, env });
  assert.deepEqual([other.settings.data, other.settings.listen, other.settings.readOnly], ['/b', ':2', true]);
  assert.equal(other.settings.deletes, undefined, "distribution's defaults do not come with its names");
});

test('a name that nobody knows is named; a value that cannot be is refused by its name, and never shown', async () => {
  const { notices } = await readConfiguration({
    env: { REGISTRY_PORT: 'tcp://10.0.0.1:5000', REGISTRY_HTTP_ADR: 'x' },
  });
  assert.deepEqual(
    notices.map((line) => line.split(':')[0]),
    ['REGISTRY_PORT', 'REGISTRY_HTTP_ADR'],
  );
  for (const [name, value] of [
    ['REGISTRY_STORAGE_DELETE_ENABLED', 'geheim'],
    ['REGISTRY_AUTH', '{htpasswd: geheim'],
    ['REGISTRY_STORAGE_S3_SECRETKEY', 'geheim'],
    ['REGISTRY_HTTP_TLS', '["geheim"]'],
  ] as const) {
    await assert.rejects(readConfiguration({ env: { [name]: value } }), (error: unknown) => {
      assert.ok(isDrayError(error));
      assert.equal(error.code, 'INVALID_CONFIGURATION');
      assert.match(error.message, new RegExp(name));
      assert.doesNotMatch(`${error.message}${error.hint}`, /geheim/);
      return true;
    });
  }
});
