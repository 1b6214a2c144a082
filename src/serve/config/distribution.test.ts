import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDrayError } from '#errors';
import type { SettingsPart } from '../settings.ts';
import { type Configuration, readConfiguration } from './read-configuration.ts';

let folder = '';
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-config-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function read(yaml: string, env: Record<string, string> = {}): Promise<Configuration> {
  count += 1;
  const file = join(folder, `config-${count}.yml`);
  await writeFile(file, yaml);
  return readConfiguration({ file, env });
}

/** As Debian's package has it. */
const DEBIAN = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/docker-registry
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
auth:
  htpasswd:
    realm: basic-realm
    path: /etc/docker/registry/htpasswd
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

test("Debian's configuration and that of the image registry:2 are taken as they are", async () => {
  const { settings, notices, isDistribution } = await read(DEBIAN);
  assert.deepEqual(notices, []);
  assert.ok(isDistribution);
  assert.equal(settings.data, '/var/lib/docker-registry');
  assert.equal(settings.listen, ':5000');
  assert.equal(settings.deletes, true);
  assert.deepEqual(settings.access, { htpasswd: { path: '/etc/docker/registry/htpasswd', realm: 'basic-realm' } });
  assert.deepEqual(settings.headers, { 'X-Content-Type-Options': ['nosniff'] });
  assert.deepEqual(settings.log?.fields, { service: 'registry' });

  const plain = await read('version: 0.1\nstorage: filesystem\n');
  assert.deepEqual(plain.notices, []);
  assert.deepEqual(
    [plain.settings.data, plain.settings.listen, plain.settings.deletes, plain.settings.log?.access?.to],
    ['/var/lib/registry', ':5000', false, 'stdout'],
    'what distribution takes for granted holds',
  );
});

const HOUR = 3_600_000;

/** What stands below `version: 0.1`, and what comes of it. */
const KEYS: readonly (readonly [yaml: string, settings: SettingsPart])[] = [
  ['loglevel: warn', { log: { level: 'warn' } }],
  [
    'log: {level: debug, formatter: json, fields: {a: b}}',
    { log: { level: 'debug', format: 'json', fields: { a: 'b' } } },
  ],
  ['log: {accesslog: {disabled: true}}', { log: { access: undefined } }],
  ['storage: {inmemory: }', { memory: true }],
  ['storage: inmemory', { memory: true }],
  ['storage: {filesystem: {rootdirectory: /x, maxthreads: 100}}', { data: '/x' }],
  ['storage: {filesystem: {}, delete: {enabled: true}}', { deletes: true }],
  ['storage: {filesystem: {}, maintenance: {readonly: {enabled: true}}}', { readOnly: true }],
  [
    'storage: {filesystem: {}, maintenance: {uploadpurging: {enabled: true, age: 48h, interval: 1h30m, dryrun: false}}}',
    { maintenance: { uploads: { age: 48 * HOUR }, interval: 1.5 * HOUR } },
  ],
  ['storage: {filesystem: {}, maintenance: {uploadpurging: {enabled: false}}}', { maintenance: {} }],
  ['http: {addr: "127.0.0.1:5001"}', { listen: '127.0.0.1:5001' }],
  ['http: {addr: /run/r.sock, net: unix}', { listen: 'unix:///run/r.sock' }],
  ['http: {prefix: /docker/}', { prefix: '/docker' }],
  ['http: {prefix: docker}', { prefix: '/docker' }],
  ['http: {draintimeout: 60s}', { drainTimeout: 60_000 }],
  ['http: {headers: {X-A: [b, c], X-D: e}}', { headers: { 'X-A': ['b', 'c'], 'X-D': ['e'] } }],
  [
    'http: {tls: {certificate: /c, key: /k, clientcas: [/a, /b], clientauth: verify-client-cert-if-given, minimumtls: tls1.3}}',
    {
      tls: {
        cert: '/c',
        key: '/k',
        clientCas: ['/a', '/b'],
        clientAuth: 'verify-client-cert-if-given',
        minimumTls: 'tls1.3',
      },
    },
  ],
  ['http: {debug: {addr: ":5001"}}', { debug: ':5001', metrics: undefined }],
  ['http: {debug: {addr: ":5001", prometheus: {enabled: true, path: /m}}}', { debug: ':5001', metrics: '/m' }],
  ['http: {debug: {addr: ":5001", prometheus: {enabled: true}}}', { metrics: '/metrics' }],
  ['auth: {htpasswd: {realm: r, path: /p}}', { access: { htpasswd: { path: '/p', realm: 'r' } } }],
  ['auth: none', { access: {} }],
  [
    'auth: {token: {realm: "https://a/t", service: s, issuer: i, rootcertbundle: /b, jwks: /j, signingalgorithms: [ES256]}}',
    {
      access: {
        tokens: {
          realm: 'https://a/t',
          service: 's',
          issuer: 'i',
          rootCertBundle: '/b',
          jwks: '/j',
          signingAlgorithms: ['ES256'],
          autoredirect: undefined,
          autoredirectPath: undefined,
        },
      },
    },
  ],
  [
    'proxy: {remoteurl: "https://registry-1.docker.io", username: u, password: 0123, ttl: 24h}',
    {
      cache: {
        upstreams: [
          { domain: 'docker.io', url: undefined, prefix: '', credential: { username: 'u', password: '0123' } },
        ],
        maxIdle: 24 * HOUR,
      },
    },
  ],
  [
    'proxy: {remoteurl: "https://a%40b:c@registrydocker.io/", ttl: 1h}',
    {
      cache: {
        upstreams: [
          {
            domain: 'registrydocker.io',
            url: 'https://registrydocker.io',
            prefix: '',
            credential: { username: 'a@b', password: 'c' },
          },
        ],
        maxIdle: HOUR,
      },
    },
  ],
  [
    'proxy: {remoteurl: "http://r.example:81/x", ttl: 0}',
    {
      cache: { upstreams: [{ domain: 'r.example:81', url: 'http://r.example:81/x', prefix: '' }], maxIdle: undefined },
    },
  ],
  [
    'notifications: {events: {includereferences: true}, endpoints: [{name: a, url: "http://x/", headers: {Authorization: [B]}, timeout: 500ms, threshold: 5, backoff: 1s, ignoredmediatypes: [m], ignore: {mediatypes: [n], actions: [pull]}}, {name: b, disabled: true}]}',
    {
      webhooks: [
        {
          name: 'a',
          url: 'http://x/',
          headers: { Authorization: ['B'] },
          timeout: 500,
          threshold: 5,
          backoff: 1000,
          ignore: { mediaTypes: ['m', 'n'], actions: ['pull'] },
          references: true,
        },
      ],
    },
  ],
  [
    'health: {storagedriver: {enabled: false}, file: [{file: /f, interval: 1s}], http: [{uri: "http://h/", statuscode: 204, headers: {A: [b]}}], tcp: [{addr: "h:1", timeout: 1s, threshold: 2}]}',
    {
      health: {
        storage: false,
        checks: [
          { kind: 'file', path: '/f', interval: 1000 },
          { kind: 'http', url: 'http://h/', status: 204, headers: { A: 'b' } },
          { kind: 'tcp', host: 'h', port: 1, timeout: 1000, threshold: 2 },
        ],
      },
    },
  ],
  ['validation: {manifests: {indexes: {platforms: none}}}', { indexes: 'sparse' }],
  ['validation: {disabled: true}', { indexes: 'sparse' }],
  ['catalog: {maxentries: 50}', { pageSize: 50 }],
  ['catalog: {maxentries: 50}\ntags: {maxtags: 20}', { pageSize: 20 }],
  // what needs nothing here
  ['storage: {filesystem: , redirect: {disable: true}, tag: {concurrencylimit: 8}}', {}],
  ['http: {host: "https://r.example", secret: geheim, relativeurls: true, http2: {disabled: true}}', {}],
  ['compatibility: {schema1: {enabled: true}}', {}],
];

test('every key of distribution is a setting', async () => {
  for (const [yaml, wanted] of KEYS) {
    const { settings, notices } = await read(`version: 0.1\n${yaml}\n`);
    for (const [key, value] of Object.entries(wanted)) {
      const given = settings[key as keyof SettingsPart];
      if (key === 'log' || key === 'health')
        assert.deepEqual({ ...(given as object), ...(value as object) }, given, yaml);
      else assert.deepEqual(given, value, yaml);
    }
    assert.deepEqual(notices, [], yaml);
  }
});

const IGNORED: readonly (readonly [yaml: string, key: string])[] = [
  ['middleware: {storage: [{name: cloudfront}]}', 'middleware'],
  ['redis: {addr: "localhost:6379"}', 'redis'],
  ['reporting: {bugsnag: {apikey: geheim}}', 'reporting'],
  ['log: {hooks: [{type: mail}]}', 'log.hooks'],
  ['storage: {filesystem: , cache: {blobdescriptor: redis}}', 'storage.cache.blobdescriptor'],
  ['http: {h2c: {enabled: true}}', 'http.h2c.enabled'],
  ['http: {tls: {certificate: /c, key: /k, ciphersuites: [A]}}', 'http.tls.ciphersuites'],
  ['http: {tls: {letsencrypt: {email: a@b.c}}}', 'http.tls.letsencrypt.email'],
  ['proxy: {remoteurl: "https://a", exec: {command: x}}', 'proxy.exec'],
  ['compatibility: {schema1: {trustkey: /k}}', 'compatibility.schema1.trustkey'],
  ['validation: {manifests: {urls: {allow: [x]}}}', 'validation.manifests.urls'],
  ['policy: {repository: {classes: [image]}}', 'policy'],
  ['http: {adr: ":1"}', 'http.adr'],
  ['nonsense: 1', 'nonsense'],
];

test('what changes nothing here is named, with its line, and without its value', async () => {
  for (const [yaml, key] of IGNORED) {
    const { notices } = await read(`version: 0.1\n${yaml}\n`);
    assert.equal(notices.length, 1, `${yaml}: ${notices.join('; ')}`);
    assert.match(notices[0] ?? '', new RegExp(`line 2: ${key.replaceAll('.', '\\.')} is not (supported|known)`));
    assert.doesNotMatch(notices[0] ?? '', /geheim/);
  }
});

const REFUSED: readonly (readonly [yaml: string, message: RegExp])[] = [
  ['version: 0.2', /line 1: version must be 0\.1/],
  ['version: 0.1\nstorage: {s3: {bucket: b}}', /line 2: storage\.s3 is not supported: there is filesystem/],
  ['version: 0.1\nstorage: {filesystem: {}, inmemory: {}}', /storage must have one of/],
  ['version: 0.1\nauth: {silly: {realm: x}}', /line 2: auth\.silly is not supported/],
  ['version: 0.1\nauth: {htpasswd: {realm: x}}', /auth htpasswd needs the path/],
  ['version: 0.1\nauth: {htpasswd: {path: /x}, token: {}}', /auth must be one of/],
  ['version: 0.1\nauth: {token: {realm: x}}', /auth token needs realm, service and issuer/],
  ['version: 0.1\nauht: {htpasswd: {realm: r, path: /x}}', /line 2: auht is not known, and would not be ignored well/],
  ['version: 0.1\nhttp: {tsl: {certificate: /c, key: /k}}', /line 2: http\.tsl is not known/],
  ['version: 0.1\nauth: [htpasswd]', /auth must be keys and values, not a list/],
  ['version: 0.1\nhttp:\n  tls:\n    certificate: /c', /line 3: http\.tls needs certificate and key/],
  ['version: 0.1\nhttp:\n  addr: [a]', /line 3: http\.addr must be a text, not a list/],
  ['version: 0.1\nhttp:\n  draintimeout: 10', /line 3: http\.draintimeout must be a duration/],
  ['version: 0.1\nstorage:\n  delete:\n    enabled: maybe', /line 4: storage\.delete\.enabled must be true or false/],
  ['version: 0.1\nproxy: {username: x}', /proxy needs a remoteurl/],
  ['version: 0.1\nproxy: {remoteurl: nonsense}', /remoteurl must be a URL/],
  ['version: 0.1\nproxy: {remoteurl: "https://u:%zz@h"}', /remoteurl must be a URL/],
  ['version: 0.1\nnotifications: {endpoints: [{name: x}]}', /endpoints\.0 needs a url/],
  ['version: 0.1\nhealth: {tcp: [{addr: x}]}', /tcp needs addr, HOST:PORT/],
];

test('what would make another server than is meant is refused', async () => {
  for (const [yaml, message] of REFUSED) {
    await assert.rejects(read(yaml), (error: unknown) => {
      assert.ok(isDrayError(error) && error.code === 'INVALID_CONFIGURATION', `${yaml}: ${String(error)}`);
      assert.match(error.message, message, yaml);
      return true;
    });
  }
});
