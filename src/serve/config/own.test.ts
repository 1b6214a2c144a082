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

async function read(yaml: string): Promise<SettingsPart> {
  const file = join(folder, 'dray.yml');
  await writeFile(file, yaml);
  return (await readConfiguration({ file })).settings;
}

test('everything that can be set can be written, with paths relative to the file', async () => {
  const settings = await read(`
listen: :5000
data: reg
sync: no
tls: {cert: c.pem, key: /k.pem, client-cas: ca.pem, client-auth: request-client-cert, minimum-tls: tls1.3}
access:
  htpasswd: users
  rules:
    - {repositories: "team/**", users: [ann], groups: [dev], actions: [pull, push]}
    - {repositories: ["**"], anonymous: true, actions: pull}
  groups: {dev: [bob, eve]}
  admins: [root]
  default-actions: pull
  token-service: {key-file: k, lifetime: 600}
  certificates: {fields: [cn, email]}
prefix: /docker
headers: {X-A: b}
delete: false
read-only: true
schema1: "off"
indexes: whole
page-size: 100
manifest-limit: 8m
stall-timeout: 30s
drain-timeout: 5s
workers: 2
log: {level: warn, format: json, fields: {a: b}, access: access.log}
debug: 127.0.0.1:5001
metrics: /m
immutable: [{tags: "v*", except: [latest]}]
quotas: [{repositories: "team/**", bytes: 20g, per: namespace}]
maintenance:
  interval: 12h
  window: 22:00-04:00
  retention: [{repositories: "ci/**", newest: 10, younger: 7d, untagged: 1d}]
  collect: {grace: 2h, delete-untagged: true}
  uploads: {age: 24h}
cache:
  upstreams: [docker.io, "ghcr=https://ghcr.io", {domain: q.example, username: u, password: 007, allow: "lib/**"}]
  rules: [{match: "secret/**", to: deny}]
  tag-age: 5m
  max-size: 50g
health: {storage: false, checks: [{file: down}, {http: "http://h/"}, {tcp: "h:1", threshold: 3}]}
webhooks: [{name: a, url: "http://h/", headers: {A: b}, ignore: {actions: pull}}]
`);
  const at = (name: string): string => join(folder, name);
  assert.deepEqual(settings, {
    listen: ':5000',
    data: at('reg'),
    sync: false,
    tls: {
      cert: at('c.pem'),
      key: '/k.pem',
      clientCas: [at('ca.pem')],
      clientAuth: 'request-client-cert',
      minimumTls: 'tls1.3',
    },
    access: {
      htpasswd: { path: at('users') },
      rules: {
        rules: [
          { repositories: ['team/**'], users: ['ann'], groups: ['dev'], actions: ['pull', 'push'] },
          { repositories: ['**'], anonymous: true, actions: ['pull'] },
        ],
        groups: { dev: ['bob', 'eve'] },
        admins: ['root'],
        defaultActions: ['pull'],
      },
      tokenService: { keyFile: at('k'), lifetime: 600 },
      certificates: { fields: ['cn', 'email'] },
    },
    prefix: '/docker',
    headers: { 'X-A': ['b'] },
    deletes: false,
    readOnly: true,
    schema1: 'off',
    indexes: 'whole',
    pageSize: 100,
    manifestLimit: 8 * 2 ** 20,
    stallTimeout: 30_000,
    drainTimeout: 5_000,
    workers: 2,
    log: { level: 'warn', format: 'json', fields: { a: 'b' }, access: { format: 'combined', to: at('access.log') } },
    debug: '127.0.0.1:5001',
    metrics: '/m',
    immutable: [{ tags: ['v*'], except: ['latest'] }],
    quotas: [{ repositories: ['team/**'], bytes: 20 * 2 ** 30, per: 'namespace' }],
    maintenance: {
      interval: 12 * 3_600_000,
      window: { from: 1320, to: 240 },
      retention: [{ repositories: ['ci/**'], newest: 10, younger: 7 * 86_400_000, untagged: 86_400_000 }],
      collect: { grace: 2 * 3_600_000, deleteUntagged: true },
      uploads: { age: 86_400_000 },
    },
    cache: {
      upstreams: [
        { domain: 'docker.io', url: undefined },
        { domain: 'ghcr.io', url: 'https://ghcr.io', prefix: 'ghcr' },
        {
          domain: 'q.example',
          url: 'https://q.example',
          credential: { username: 'u', password: '007' },
          allow: ['lib/**'],
        },
      ],
      rules: [{ match: 'secret/**', to: 'deny' }],
      tagAge: 300_000,
      maxSize: 50 * 2 ** 30,
    },
    health: {
      storage: false,
      checks: [
        { kind: 'file', path: at('down') },
        { kind: 'http', url: 'http://h/', status: undefined, headers: undefined },
        { kind: 'tcp', host: 'h', port: 1, threshold: 3 },
      ],
    },
    webhooks: [
      { name: 'a', url: 'http://h/', headers: { A: ['b'] }, ignore: { actions: ['pull'] }, references: false },
    ],
  });
});

test('aliases and merge keys are written out', async () => {
  const settings = await read('log: &log {level: warn}\nheaders: {X: &x b, Y: *x}\nhealth: {<<: {storage: no}}\n');
  assert.deepEqual(settings.headers, { X: ['b'], Y: ['b'] });
  assert.deepEqual(settings.health, { storage: false });
});

/** Nine levels of ten aliases each. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const item = level === 0 ? 'x' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array.from({ length: 10 }, () => item).join(', ')}]`;
  });
  return levels.join('\n');
}

const REFUSED: readonly (readonly [yaml: string, message: RegExp, hint?: RegExp])[] = [
  ['listen: a\nreadonly: true', /line 2: there is no setting "readonly"/, /did you mean read-only\?/],
  ['access:\n  htpaswd: x', /line 2: there is no setting "access\.htpaswd"/, /did you mean htpasswd\?/],
  ['xyzzy: 1', /line 1: there is no setting "xyzzy"/, /there are listen, data/],
  ['listen:\n  - a', /line 1: listen must be a text, not a list/],
  ['- a', /line 1: .*must be keys and values, not a list/],
  ['just a text', /must be keys and values/],
  ['workers: -1', /line 1: workers must be a whole number from 0 to 256/],
  ['workers: 1e9', /workers must be a whole number/],
  ['stall-timeout: 30', /stall-timeout must be a duration/],
  ['stall-timeout: 0', /stall-timeout must be from 1ms to 24d/],
  ['drain-timeout: 30d', /drain-timeout must be from 0ms to 24d/],
  ['prefix: "a?b"', /prefix must be a path, like \/docker/],
  ['metrics: figures', /metrics must be a path, like \/metrics/],
  ['schema1: perhaps', /schema1 must be one of signed, off/],
  ['tls: {cert: x}', /tls needs key/],
  ['maintenance: {window: 22-4}', /window must be two times/],
  ['access: {rules: [{repositories: x}]}', /access\.rules\.0 needs actions/],
  ['cache: {upstreams: ["not a host"]}', /upstreams\.0 must be the address of a registry/],
  ['quotas: [{per: repository}]', /quotas\.0 needs bytes/],
  ['a: 1\na: 2', /line 2: no YAML: Map keys must be unique/],
  ['a: "geheim', /line 1: no YAML/],
  ['a: [geheim', /no YAML/],
  ['a: *nobody', /line 1: an alias of nothing/],
  ['a: 1\n---\nb: 2', /more than one YAML document/],
  ['? [a]\n: b', /a key is a plain word/],
  ['a: &a [*a]', /too much is written here/],
  [bomb(), /too much is written here/],
  [`a: ${'['.repeat(200)}${']'.repeat(200)}`, /too much is written here/],
  [`a: ${'x'.repeat(2 ** 20)}`, /larger than 1 MiB/],
];

test('what cannot be meant is refused with its line, and what stands there is not shown', async () => {
  for (const [yaml, message, hint] of REFUSED) {
    const shown = yaml.slice(0, 40);
    await assert.rejects(read(yaml), (error: unknown) => {
      assert.ok(isDrayError(error) && error.code === 'INVALID_CONFIGURATION', `${shown}: ${String(error)}`);
      assert.match(error.message, message, shown);
      if (hint !== undefined) assert.match(error.hint ?? '', hint, shown);
      assert.doesNotMatch(error.message, /geheim/);
      return true;
    });
  }
});

test('paths of the server are written in several ways', async () => {
  for (const [yaml, wanted] of [
    ['prefix: docker', { prefix: '/docker' }],
    ['prefix: /a//b/', { prefix: '/a/b' }],
    ['prefix: /', { prefix: undefined }],
    ['metrics: true', { metrics: '/metrics' }],
    ['metrics: no', { metrics: undefined }],
  ] as const) {
    const { access: _, log: __, health: ___, ...settings } = await read(yaml);
    assert.deepEqual(settings, wanted, yaml);
  }
});

test('an empty file says nothing, a missing one is an error', async () => {
  assert.deepEqual(await read(''), { access: {}, log: {}, health: {} });
  assert.deepEqual(await read('# nothing\n'), { access: {}, log: {}, health: {} });
  await assert.rejects(readConfiguration({ file: join(folder, 'no-such.yml') }), { code: 'NOT_FOUND' });
  await assert.rejects(readConfiguration({ file: folder }), { code: 'IO_FAILED' });
});
