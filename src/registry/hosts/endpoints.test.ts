import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Endpoint } from '../types.ts';
import { endpointsFor } from './endpoints.ts';
import type { HostsSettings } from './settings.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dray-hosts-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Writes files into a folder of their own and gives its path. */
let folders = 0;
async function given(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(folder, String(++folders));
  await mkdir(root);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

/** One word per fact: `m` mirror, `k` no check of certificates. */
function brief(endpoint: Endpoint): string {
  return [
    endpoint.url,
    ...(endpoint.mirror ? ['m'] : []),
    ...(endpoint.tls?.insecure === true ? ['k'] : []),
    ...(endpoint.namespace === undefined ? [] : [`ns=${endpoint.namespace}`]),
    ...(endpoint.digestsOnly === true ? ['digests'] : []),
    ...(endpoint.overridePath === true ? ['override'] : []),
  ].join(' ');
}

const hub = 'https://registry-1.docker.io';
const cases: readonly (readonly [
  name: string,
  domain: string,
  settings: HostsSettings,
  expected: readonly string[],
])[] = [
  ['Docker Hub', 'docker.io', {}, [hub]],
  ['another registry', 'ghcr.io', {}, ['https://ghcr.io']],
  ['a port', 'ghcr.io:8443', {}, ['https://ghcr.io:8443']],
  ['upper case', 'Reg:5000', {}, ['https://reg:5000']],
  ['localhost', 'localhost:5000', {}, ['https://localhost:5000 k', 'http://localhost:5000']],
  ['127/8', '127.9.9.9:5000', {}, ['https://127.9.9.9:5000 k', 'http://127.9.9.9:5000']],
  ['127/8 in disguise', '2130706433:80', {}, ['https://127.0.0.1:80 k', 'http://127.0.0.1:80']],
  ['::1', '[::1]:5000', {}, ['https://[::1]:5000 k', 'http://[::1]:5000']],
  ['a name that looks like it', '127.0.0.1.example.com', {}, ['https://127.0.0.1.example.com']],
  ['a private address', '10.0.0.1:5000', {}, ['https://10.0.0.1:5000']],
  ['insecure by name', 'reg:5000', { insecure: ['reg:5000'] }, ['https://reg:5000 k', 'http://reg:5000']],
  ['insecure on another port', 'reg:5000', { insecure: ['reg', 'reg:5001'] }, ['https://reg:5000']],
  ['insecure by URL', 'reg:5000', { insecure: ['http://reg:5000/'] }, ['https://reg:5000 k', 'http://reg:5000']],
  ['insecure with its port', 'reg', { insecure: ['reg:443'] }, ['https://reg k', 'http://reg']],
  [
    'insecure by network',
    '10.1.2.3:5000',
    { insecure: ['10.0.0.0/8'] },
    ['https://10.1.2.3:5000 k', 'http://10.1.2.3:5000'],
  ],
  ['another network', '11.1.2.3', { insecure: ['10.0.0.0/8'] }, ['https://11.1.2.3']],
  ['insecure IPv6 network', '[fd00::1]', { insecure: ['fd00::/8'] }, ['https://[fd00::1] k', 'http://[fd00::1]']],
  ['named insecure', 'reg', { named: { insecure: true } }, ['https://reg k', 'http://reg']],
  ['Docker Hub is never http', 'docker.io', { named: { insecure: true } }, [`${hub} k`]],
  ['… by list', 'docker.io', { insecure: ['registry-1.docker.io'] }, [`${hub} k`]],
  [
    'mirrors in order, as docker',
    'docker.io',
    { mirrors: { 'docker.io': ['https://a/', 'b.example', 'http://c/prefix/'], 'ghcr.io': ['https://no'] } },
    ['https://a m', 'https://b.example m', 'http://c/prefix m', hub],
  ],
  [
    'named, own, common mirrors',
    'ghcr.io',
    { named: { mirrors: ['n'] }, mirrors: { '*': ['https://all'], 'ghcr.io': ['https://own'] } },
    ['https://n m', 'https://own m', 'https://all m ns=ghcr.io', 'https://ghcr.io'],
  ],
  [
    'a mirror on loopback, with and without a scheme',
    'ghcr.io',
    { named: { mirrors: ['localhost:1', 'https://localhost:2', 'http://localhost:3'] } },
    [
      'https://localhost:1 m k',
      'http://localhost:1 m',
      'https://localhost:2 m k',
      'http://localhost:3 m',
      'https://ghcr.io',
    ],
  ],
  [
    'named insecure is not for configured mirrors',
    'reg',
    { named: { insecure: true, mirrors: ['n'] }, mirrors: { reg: ['c'] } },
    ['https://n m k', 'http://n m', 'https://c m', 'https://reg k', 'http://reg'],
  ],
  [
    'a mirror twice',
    'reg',
    { named: { mirrors: ['https://a'] }, mirrors: { reg: ['a'] } },
    ['https://a m', 'https://reg'],
  ],
  ['a mirror of all is none of itself', 'all', { mirrors: { '*': ['https://all'] } }, ['https://all']],
  [
    'a mirror in a corner of the registry',
    'all',
    { mirrors: { '*': ['https://all/proxy'] } },
    ['https://all/proxy m ns=all', 'https://all'],
  ],
];

describe('endpointsFor', () => {
  for (const [name, domain, settings, expected] of cases) {
    it(`${name}: ${domain}`, async () => {
      assert.deepEqual((await endpointsFor(domain, settings)).map(brief), expected);
    });
  }

  for (const domain of ['', '..', 'a/b', 'a b', 'user@host', 'host:port', '[::1', 'a?b', 'host:99999']) {
    it(`refuses ${JSON.stringify(domain)}`, async () => {
      await assert.rejects(endpointsFor(domain, {}), { code: 'INVALID_REFERENCE' });
    });
  }

  const bad: readonly (readonly [HostsSettings, RegExp])[] = [
    [{ named: { mirrors: ['https://user:secret@m'] } }, /username\/password not allowed in https:\/\/m$/],
    [{ named: { mirrors: ['https://m/?q=1'] } }, /query or fragment/],
    [{ named: { mirrors: ['https://m#'] } }, /query or fragment/],
    [{ named: { mirrors: ['ftp://m'] } }, /unsupported scheme "ftp"/],
    [{ named: { mirrors: ['http://'] } }, /not a valid URL/],
    [{ named: { mirrors: ['https://u:secret@'] } }, /^invalid mirror: "https:\/\/\*\*\*@" is not a valid URL$/],
    [{ insecure: ['a/b'] }, /insecure registry "a\/b" is not valid/],
    [{ insecure: ['10.0.0.0/33'] }, /insecure registry/],
    [{ named: { caFile: '/nowhere/ca.pem' } }, /cannot read certificate \/nowhere\/ca.pem/],
    [{ named: { certFolder: '/nowhere' } }, /no folder of certificates at \/nowhere/],
  ];
  for (const [settings, message] of bad) {
    it(`refuses ${JSON.stringify(settings)}`, async () => {
      await assert.rejects(endpointsFor('reg', settings), { code: 'INVALID_CONFIGURATION', message });
    });
  }

  it('sends named headers to the registry alone', async () => {
    const named = { mirrors: ['m'], headers: { 'X-Key': 'v' } };
    const [mirror, origin] = await endpointsFor('reg', { named });
    assert.equal(mirror?.headers, undefined);
    assert.deepEqual(origin?.headers, { 'x-key': 'v' });
  });
});

describe('certificates', () => {
  it('trusts what certs.d and the caller give, and takes one pair', async () => {
    const docker = await given({
      'reg:5000/a.crt': 'A',
      'reg:5000/b.crt': 'B',
      'reg:5000/one.cert': 'C1',
      'reg:5000/one.key': 'K1',
      'reg:5000/two.cert': 'C2',
      'reg:5000/two.key': 'K2',
      'm/m.crt': 'M',
      'other/o.crt': 'O',
    });
    const podman = await given({ 'reg:5000/p.crt': 'P', 'ca.pem': 'N' });
    const settings = {
      named: { caFile: join(podman, 'ca.pem') },
      mirrors: { '*': ['https://m'] },
      certFolders: [docker, podman, '/nowhere'],
    };
    const [mirror, origin] = await endpointsFor('reg:5000', settings);
    assert.deepEqual(mirror?.tls, { ca: ['M'] });
    assert.deepEqual(origin?.tls?.ca, ['N', 'A', 'B', 'P']);
    assert.equal(origin?.tls?.cert, 'C1');
    assert.equal(origin?.tls?.key, 'K1');
  });

  it('does not look at certs.d for an insecure host, but at what was named for it', async () => {
    const docker = await given({ 'reg/a.crt': 'A', 'named/c.cert': 'C', 'named/c.key': 'K' });
    const settings = {
      named: { insecure: true, certFolder: join(docker, 'named') },
      certFolders: [docker],
    };
    const [https, http] = await endpointsFor('reg', settings);
    assert.deepEqual(https?.tls, { ca: [], cert: 'C', key: 'K', insecure: true });
    assert.equal(http?.tls, undefined);
  });

  const halves: readonly (readonly [file: string, message: RegExp])[] = [
    [
      'x.cert',
      /^missing key x\.key for client certificate x\.cert\. CA certificates must use the extension \.crt \(in .*reg\)$/,
    ],
    ['x.key', /^missing client certificate x\.cert for key x\.key \(in .*reg\)$/],
  ];
  for (const [file, message] of halves) {
    it(`refuses ${file} alone`, async () => {
      const docker = await given({ [`reg/${file}`]: '' });
      await assert.rejects(endpointsFor('reg', { certFolders: [docker] }), { code: 'INVALID_CONFIGURATION', message });
    });
  }
});

describe('hosts.toml', () => {
  const server = 'server = "https://registry-1.docker.io"\n';
  const files: readonly (readonly [
    name: string,
    domain: string,
    files: Readonly<Record<string, string>>,
    expected: readonly string[],
  ])[] = [
    [
      'hosts in their order, then the server',
      'docker.io',
      {
        'docker.io/hosts.toml': `${server}[host."https://z.example"]\ncapabilities = ["pull"]\n[host."https://a.example/v2"]\ncapabilities = ["pull", "resolve", "push"]\n`,
      },
      ['https://z.example m ns=docker.io digests', 'https://a.example m ns=docker.io', hub],
    ],
    ['the web site as server', 'docker.io', { 'docker.io/hosts.toml': 'server = "https://docker.io"' }, [hub]],
    [
      'another server in the place of the registry',
      'docker.io',
      { 'docker.io/hosts.toml': 'server = "https://only.example"' },
      ['https://only.example m ns=docker.io'],
    ],
    [
      'no server: the registry itself',
      'reg:5000',
      { 'reg:5000/hosts.toml': '[host."http://m:5001"]' },
      ['http://m:5001 m ns=reg:5000', 'https://reg:5000'],
    ],
    [
      'the folder name without a colon first',
      'reg:5000',
      { 'reg_5000_/hosts.toml': 'server = "https://a"', 'reg:5000/hosts.toml': 'server = "https://b"' },
      ['https://a m ns=reg:5000'],
    ],
    [
      '_default',
      'quay.io',
      { '_default/hosts.toml': '[host."https://all"]', 'other/hosts.toml': 'server = "https://no"' },
      ['https://all m ns=quay.io', 'https://quay.io'],
    ],
    [
      'a folder of certificates stands in front of _default',
      'quay.io',
      { '_default/hosts.toml': '[host."https://all"]', 'quay.io/x.crt': 'X' },
      ['https://quay.io'],
    ],
    [
      'override_path and the API in a corner',
      'quay.io',
      {
        'quay.io/hosts.toml':
          '[host."https://a/v2/proxy"]\noverride_path = true\n[host."https://b/corner/"]\n[host."https://c/corner/v2"]\n[host."https://d"]\ncapabilities = ["push"]',
      },
      [
        'https://a/v2/proxy m ns=quay.io override',
        'https://b/corner m ns=quay.io',
        'https://c/corner m ns=quay.io',
        'https://quay.io',
      ],
    ],
    [
      'http with TLS settings',
      'quay.io',
      {
        'quay.io/hosts.toml':
          '[host."http://192.168.31.250:5000"]\nskip_verify = true\n[host."https://s"]\nskip_verify = true\n[host."http://p"]\nskip_verify = true',
      },
      [
        'https://192.168.31.250:5000 m k ns=quay.io',
        'http://192.168.31.250:5000 m ns=quay.io',
        'https://s m k ns=quay.io',
        'http://p m ns=quay.io',
        'https://quay.io',
      ],
    ],
    ['an empty file', 'quay.io', { 'quay.io/hosts.toml': ' \n' }, ['https://quay.io']],
  ];
  for (const [name, domain, content, expected] of files) {
    it(name, async () => {
      const hostsFolders = ['/nowhere', await given(content)];
      assert.deepEqual((await endpointsFor(domain, { hostsFolders })).map(brief), expected);
    });
  }

  it('reads certificates, headers and time-outs', async () => {
    const root = await given({
      'quay.io/hosts.toml': `
        ca = "own.pem"
        [header]
          X-Own = "o"
        [host."https://a"]
          ca = ["one.pem", "sub/two.pem"]
          client = [["c.cert", "c.key"], ["d.pem", ""]]
          dial_timeout = "1m2.5s"
          [host."https://a".header]
            X-Custom = ["a", "b"]
            Authorization = "Basic eDp5"
        [host."https://b"]
          client = "both.pem"
          dial_timeout = "250ms"
      `,
      'quay.io/own.pem': 'OWN',
      'quay.io/one.pem': 'ONE',
      'quay.io/sub/two.pem': 'TWO',
      'quay.io/c.cert': 'C',
      'quay.io/c.key': 'K',
      'quay.io/both.pem': 'BOTH',
    });
    const [a, b, origin] = await endpointsFor('quay.io', { hostsFolders: [root] });
    assert.deepEqual(a?.tls, { ca: ['ONE', 'TWO'], insecure: undefined, cert: 'C', key: 'K' });
    assert.deepEqual(a?.headers, { 'x-custom': 'a, b', authorization: 'Basic eDp5' });
    assert.equal(a?.connectTimeout, 62_500);
    assert.equal(b?.tls?.cert, 'BOTH');
    assert.equal(b?.tls?.key, 'BOTH');
    assert.equal(b?.connectTimeout, 250);
    assert.deepEqual(origin?.tls?.ca, ['OWN']);
    assert.deepEqual(origin?.headers, { 'x-own': 'o' });
  });

  const bad: readonly (readonly [text: string, message: RegExp])[] = [
    ['server = ', /hosts\.toml: /],
    ['server = 1', /"server" is not a string/],
    ['[host."ftp://x"]', /unsupported scheme "ftp"/],
    ['[host."https://u:secret@x"]', /username\/password not allowed in https:\/\/x/],
    ['[host."https://x"]\nca = 1', /"ca" is not a string/],
    ['[host."https://x"]\nca = "gone.pem"', /cannot read certificate .*gone\.pem/],
    ['[host."https://x"]\nclient = [["a", "b", "c"]]', /"client" is neither a path nor a pair/],
    ['[host."https://x"]\nskip_verify = "yes"', /"skip_verify" is not a boolean/],
    ['[host."https://x"]\ndial_timeout = "soon"', /"dial_timeout" is not a duration/],
    ['host = 1', /"host" is not a table/],
    ['[host]\nx = 1', /host "x" is not a table/],
    ['[host."https://x"]\nheader = "h"', /"header" is not a table/],
  ];
  for (const [text, message] of bad) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      const root = await given({ 'reg/hosts.toml': text });
      await assert.rejects(endpointsFor('reg', { hostsFolders: [root] }), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return 'code' in error && error.code === 'INVALID_CONFIGURATION';
      });
    });
  }
});
