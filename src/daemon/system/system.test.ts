import assert from 'node:assert/strict';
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EngineInfo, VersionInfo } from '#engine';
import { buildImage } from '#testing';
import { startTestEngine } from '../engine.test.fixture.ts';
import { keep } from '../look/kept.test.fixture.ts';
import { parseOsRelease } from './host-facts.ts';
import { registryConfig } from './registry-config.ts';

test('the version says which engine it is, and what it speaks', async (t) => {
  const engine = await startTestEngine(t);
  const version = (await engine.ask('GET', '/v1.24/version')).json() as VersionInfo;
  const known = {
    Version: '0.0.0-test',
    ApiVersion: '1.51',
    MinAPIVersion: '1.24',
    Os: 'linux',
    Arch: arch() === 'x64' ? 'amd64' : arch(),
    KernelVersion: release(),
  };
  for (const [field, value] of Object.entries(known)) assert.equal(version[field as keyof VersionInfo], value, field);
  const [own, node] = version.Components ?? [];
  assert.equal(version.Platform?.Name, 'dray');
  assert.equal(own?.Name, 'Engine');
  assert.equal(own.Details?.['ApiVersion'], '1.51');
  assert.equal(node?.Version, process.versions.node);
});

test('the info tells of the machine, the store and the settings as they are', async (t) => {
  const engine = await startTestEngine(t, {
    mirrors: ['https://mirror.example'],
    insecure: ['localhost:5000', '10.0.0.0/8'],
    env: { HTTPS_PROXY: 'http://me:sec/r@et@proxy.example:3128', NO_PROXY: 'localhost' },
  });
  const ask = async (): Promise<EngineInfo> => (await engine.ask('GET', '/v1.51/info')).json() as EngineInfo;
  const info = await ask();
  assert.equal(info.Images, 0);
  assert.equal(info.ServerVersion, '0.0.0-test');
  assert.equal(info.Name, hostname());
  assert.equal(info.NCPU, availableParallelism());
  assert.equal(info.MemTotal, totalmem());
  assert.equal(info['DockerRootDir'], join(engine.folder, 'store'));
  assert.equal(info['HttpsProxy'], 'http://xxxxx:xxxxx@proxy.example:3128');
  assert.equal(info['NoProxy'], 'localhost');
  assert.deepEqual(info.DriverStatus, [['driver-type', 'io.containerd.snapshotter.v1']]);
  assert.deepEqual((info['Swarm'] as { LocalNodeState: string }).LocalNodeState, 'inactive');
  assert.deepEqual((info['RegistryConfig'] as { Mirrors: unknown }).Mirrors, ['https://mirror.example/']);
  assert.match(info.ID, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  await keep(engine, 'docker.io/library/one:1', buildImage({ layers: [] }));
  await keep(engine, 'docker.io/library/one:2', buildImage({ layers: [] }));
  const later = await ask();
  assert.deepEqual([later.Images, later.ID], [1, info.ID]);
});

test('mirrors and insecure registries are told as docker tells its own', () => {
  const config = registryConfig({
    root: '/r',
    mirrors: { 'docker.io': ['https://a/'], 'quay.io': ['https://q'], '*': ['https://all'] },
    insecure: ['localhost:5000', '10.0.0.0/8'],
    proxy: {},
  });
  const index = (Name: string, Mirrors: readonly string[], Secure = true): object => ({
    Mirrors,
    Name,
    Official: Name === 'docker.io',
    Secure,
  });
  assert.deepEqual(config, {
    IndexConfigs: {
      'docker.io': index('docker.io', ['https://a/', 'https://all/']),
      'localhost:5000': index('localhost:5000', ['https://all/'], false),
      'quay.io': index('quay.io', ['https://q/', 'https://all/']),
    },
    InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8', '10.0.0.0/8'],
    Mirrors: ['https://a/', 'https://all/'],
  });
  const all = registryConfig({ root: '/r', mirrors: {}, insecure: true, proxy: {} });
  assert.equal(all['Mirrors'], null);
  assert.deepEqual(all['InsecureRegistryCIDRs'], ['::1/128', '127.0.0.0/8', '0.0.0.0/0', '::/0']);
});

test('os-release is read as a shell would', () => {
  const text = `# NAME="no"
NAME=Alpine
PRETTY_NAME="Say \\"hi\\" \\$HOME \\\\"
VERSION_ID='3.20'
  EMPTY=
BAD NAME=x
BROKEN="open
`;
  assert.deepEqual(parseOsRelease(text), {
    NAME: 'Alpine',
    PRETTY_NAME: 'Say "hi" $HOME \\',
    VERSION_ID: '3.20',
    EMPTY: '',
  });
});
