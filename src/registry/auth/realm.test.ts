import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDrayError } from '#errors';
import { checkRealm } from './realm.ts';

const HUB = 'https://registry-1.docker.io';

const accepted: readonly [realm: string, registry: string, remoteAddress?: string][] = [
  ['https://auth.docker.io/token', HUB],
  ['https://auth.docker.io:8443/token?a=b', HUB],
  ['https://8.8.8.8/token', HUB],
  ['https://auth.example/token', 'http://registry.example:5000'],
  ['http://registry.example/token', 'http://registry.example:5000'],
  ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000'],
  ['http://localhost:5001/token', 'http://localhost:5000'],
  ['http://[::1]:5001/token', 'http://[::1]:5000'],
  ['https://127.0.0.1:5001/token', 'http://127.0.0.1:5000'],
  ['https://10.0.0.2/token', 'https://10.0.0.1'],
  ['https://10.0.0.2/token', 'https://localhost:5000'],
  ['https://10.0.0.2/token', 'https://registry.corp.example', '10.0.0.1'],
  ['https://169.254.169.254/token', 'https://169.254.169.254'],
];

for (const [realm, registry, remoteAddress] of accepted) {
  test(`realm ${realm} of ${registry} is asked`, () => {
    assert.equal(checkRealm(realm, { name: 'r', url: new URL(registry), remoteAddress }).href, new URL(realm).href);
  });
}

const refused: readonly [code: string, realm: string, registry: string, remoteAddress?: string][] = [
  ['TOKEN_REFUSED', '', HUB],
  ['TOKEN_REFUSED', '/token', HUB],
  ['TOKEN_REFUSED', 'auth.docker.io/token', HUB],
  ['TOKEN_REFUSED', 'https://', HUB],
  ['TOKEN_REFUSED', 'ftp://auth.docker.io/token', HUB],
  ['TOKEN_REFUSED', 'file:///etc/passwd', HUB],
  ['TOKEN_REFUSED', 'javascript:alert(1)', HUB],
  ['TOKEN_REFUSED', 'https://user@auth.docker.io/token', HUB],
  ['TOKEN_REFUSED', 'https://:pass@auth.docker.io/token', HUB],
  ['INSECURE_REFUSED', 'http://auth.docker.io/token', HUB],
  ['INSECURE_REFUSED', 'http://registry-1.docker.io/token', HUB],
  ['INSECURE_REFUSED', 'http://other.example/token', 'http://registry.example:5000'],
  ['INSECURE_REFUSED', 'http://127.0.0.2/token', 'http://127.0.0.1:5000'],
  ['INSECURE_REFUSED', 'http://localhost/token', 'http://127.0.0.1:5000'],
  ['INSECURE_REFUSED', 'https://127.0.0.1/token', HUB],
  ['INSECURE_REFUSED', 'https://2130706433/token', HUB],
  ['INSECURE_REFUSED', 'https://0x7f.1/token', HUB],
  ['INSECURE_REFUSED', 'https://localhost/token', HUB],
  ['INSECURE_REFUSED', 'https://LOCALHOST./token', HUB],
  ['INSECURE_REFUSED', 'https://a.localhost/token', HUB],
  ['INSECURE_REFUSED', 'https://10.1.2.3/token', HUB],
  ['INSECURE_REFUSED', 'https://172.16.0.1/token', HUB],
  ['INSECURE_REFUSED', 'https://192.168.1.1/token', HUB],
  ['INSECURE_REFUSED', 'https://169.254.169.254/latest/meta-data', HUB],
  ['INSECURE_REFUSED', 'https://169.254.169.254/token', 'https://10.0.0.1'],
  ['INSECURE_REFUSED', 'https://[::1]/token', HUB],
  ['INSECURE_REFUSED', 'https://[::ffff:10.0.0.1]/token', HUB],
  ['INSECURE_REFUSED', 'https://[fd12::1]/token', HUB],
  ['INSECURE_REFUSED', 'https://[fe80::1]/token', HUB],
  ['INSECURE_REFUSED', 'https://10.0.0.2/token', 'https://registry.example', '8.8.8.8'],
];

for (const [code, realm, registry, remoteAddress] of refused) {
  test(`realm ${realm || '(empty)'} of ${registry} is refused`, () => {
    assert.throws(
      () => checkRealm(realm, { name: 'the.registry', url: new URL(registry), remoteAddress }),
      (error) =>
        isDrayError(error) && error.code === code && error.message.startsWith('the.registry names a token service'),
    );
  });
}

test('the refusal of a realm shows neither its query, a password nor escape sequences', () => {
  const asking = { name: 'r', url: new URL(HUB) };
  for (const realm of ['https://u:hunter2@a/?q=hunter2', 'http://a/?hunter2', '\u001b[31mhunter']) {
    assert.throws(
      () => checkRealm(realm, asking),
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      (error) => isDrayError(error) && !/hunter2|\u001b/.test(error.message),
    );
  }
});
