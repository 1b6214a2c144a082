import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { authority, otherAuthority } from './fixtures/certificates.test.fixture.ts';
import { failsWith } from './fixtures/scene.test.fixture.ts';
import { certificatesIn, type RootSource, Trust } from './trust.ts';

/** As Node 20: it knows its own roots alone. */
const old: RootSource = { rootCertificates };
const packed = (pem: string): string => pem.replace(/\s/g, '');
const holds = (roots: readonly string[], pem: string): boolean => roots.some((root) => packed(root) === packed(pem));

test('roots are Node’s own, those of the files, and NODE_EXTRA_CA_CERTS, each once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dray-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  const extraFile = join(folder, 'extra.pem');
  await writeFile(extraFile, authority);
  const file = join(folder, 'file.pem');
  await writeFile(file, `${otherAuthority}${rootCertificates[0]}\n${otherAuthority.replaceAll('\n', '\r\n')}`);
  const roots = await new Trust({ system: false, file, extraFile }).all(old);
  assert.equal(roots.length, rootCertificates.length + 2);
  assert.ok(holds(roots, authority) && holds(roots, otherAuthority));
});

test('a newer Node says itself what its defaults are', async () => {
  const source: RootSource = {
    rootCertificates: [],
    getCACertificates: (kind) => (kind === 'default' ? [authority] : [otherAuthority]),
  };
  const roots = await new Trust({ system: false, extraFile: '/no/such/file' }).all(source);
  assert.deepEqual(roots, [authority]);
});

test('the system’s store is read unless a file takes its place', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dray-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'file.pem');
  await writeFile(file, authority);
  const none: RootSource = { rootCertificates: [] };
  assert.deepEqual(await new Trust({ system: true, file }).all(none), [authority.trim()]);
  const system = await new Trust({ system: true }).all({
    ...none,
    getCACertificates: (kind) => (kind === 'system' ? [authority] : []),
  });
  assert.ok(system.length > 0, 'the bundle of this machine, or what Node finds');
});

test('folders count what is a certificate and pass over the rest', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dray-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'a.pem'), authority);
  await writeFile(join(folder, 'README'), 'no certificate');
  await symlink('/no/such/file', join(folder, 'dangling.pem'));
  const trust = new Trust({ system: false, folders: ['/no/such/folder', folder] });
  await trust.check();
  assert.deepEqual(await trust.all({ rootCertificates: [] }), [authority.trim()]);
  assert.equal(trust.hasMore, true);
  assert.equal(new Trust().hasMore, false);
  const noFolder = new Trust({ system: false, folders: [join(folder, 'a.pem')] });
  await assert.rejects(noFolder.check(), failsWith('INVALID_CONFIGURATION', /a\.pem/));
});

test('certificates are found between other text', () => {
  assert.equal(certificatesIn(`x\n${authority}y${otherAuthority}`).length, 2);
  assert.deepEqual(certificatesIn('-----BEGIN CERTIFICATE-----'), []);
});
