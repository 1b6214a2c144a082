import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { openAccessControl, openTls, readConfiguration } from '#serve';
import { createCertificate } from '#testing';

const PAGE = resolve(import.meta.dirname, '../../docs/registry-access.md');

test('the examples of docs/registry-access.md hold together', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { cert, key } = createCertificate({ name: 'one' });
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const files = {
    users: 'alice:$2y$05$yLRLKe6zbkY1/nTzoTPlNePbFRVD1AnBhxWxcyXFG3bQIlgYzN6fq',
    'cert.pem': cert,
    'key.pem': key,
    'auth.pem': cert,
    'clients.pem': cert,
    'keys.json': JSON.stringify({ keys: [jwk] }),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const page = readFileSync(PAGE, 'utf8');
  const examples = [...page.matchAll(/```yaml\n(?<text>.*?)```/gs)].map(({ groups }) => groups?.['text'] ?? '');
  assert.equal(examples.length, 5);
  for (const example of examples) {
    const file = join(folder, 'registry.yml');
    const text = example
      .replaceAll('/etc/registry', folder)
      .replaceAll('/srv/registry', folder)
      .replaceAll('https://auth.example/keys.json', join(folder, 'keys.json'));
    writeFileSync(file, text);
    const { settings, notices } = await readConfiguration({ file, env: {} });
    assert.deepEqual(notices, [], text);
    const access = await openAccessControl(settings.access ?? {});
    await access.close();
    if (settings.tls !== undefined) openTls(settings.tls).close();
  }
});
