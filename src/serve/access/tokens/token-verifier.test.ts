import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createCertificate } from '#testing';
import { settledFile, temporaryFolder } from '../access.test.fixture.ts';
import type { TokenOptions } from '../options.ts';
import { libtrustId, thumbprint } from './key-ids.ts';
import { TokenVerifier } from './token-verifier.ts';
import {
  certificateChain,
  claims,
  der,
  ecKey,
  encoded,
  hmacSigned,
  ISSUER,
  jwk,
  privateKeyOf,
  SERVICE,
  signed,
} from './tokens.test.fixture.ts';
import { openTrustedKeys } from './trusted-keys.ts';

/** Its curve is none of JSON Web Algorithms. */
const P224 = `-----BEGIN CERTIFICATE-----
MIIBYjCCARCgAwIBAgIUbCxnUqlc9yN+zB8HHU83ewQ/3jcwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcDIyNDAgFw0yNjExMjExNjMwMjVaGA8yMTI2MTAyODE2MzAy
NVowDzENMAsGA1UEAwwEcDIyNDBOMBAGByqGSM49AgEGBSuBBAAhAzoABG5z7QVT
t5uBINAgO6M95Qp7tleLuqIpsaRafzVjLZ+YI8C2PdCLnSipOsqI0ikn49inHWpE
R4uOo1MwUTAdBgNVHQ4EFgQUiDNOubjvrofJFNqfxrf3TK+4MP0wHwYDVR0jBBgw
FoAUiDNOubjvrofJFNqfxrf3TK+4MP0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjO
PQQDAgNAADA9Ah0A0IND0BcTAbp9x9fcDbxO5u6+R0PaP1OaS4f6KAIcci4rXpZe
SHx/mnVkY38HPl9nQepvTlrlchZ2Zg==
-----END CERTIFICATE-----`;

async function verifier(t: TestContext, options: Partial<TokenOptions>): Promise<TokenVerifier> {
  const all: TokenOptions = { realm: 'https://auth.example/token', service: SERVICE, issuer: ISSUER, ...options };
  const keys = await openTrustedKeys(all, (error) => assert.fail(error));
  t.after(() => keys.close());
  return new TokenVerifier({
    keys,
    issuer: ISSUER,
    service: SERVICE,
    algorithms: options.signingAlgorithms,
    principalOf: (name, { allow }) => ({ kind: 'token', name, may: allow, lister: undefined }),
  });
}

function keySet(t: TestContext, ...keys: readonly object[]): string {
  return settledFile(join(temporaryFolder(t), 'jwks.json'), JSON.stringify({ keys }));
}

/** A verifier that trusts one P-256 key with the name `k`, and the key. */
async function oneKey(t: TestContext): Promise<{ tokens: TokenVerifier; key: KeyObject; header: object }> {
  const key = ecKey();
  const tokens = await verifier(t, { jwks: keySet(t, jwk(key, { kid: 'k' })) });
  return { tokens, key, header: { alg: 'ES256', typ: 'JWT', kid: 'k' } };
}

test('a good token tells who and what, and at once the second time', async (t) => {
  const { tokens, key, header } = await oneKey(t);
  const token = signed(header, claims(), key);
  const principal = await tokens.verify(token);
  assert.equal(principal?.name, 'alice');
  assert.equal(principal?.may('team/app', 'pull'), true);
  assert.equal(principal?.may('team/app', 'create'), false);
  assert.equal(principal?.may('team/app2', 'pull'), false);
  assert.equal(tokens.verify(token), principal);
});

test('all algorithms but those with shared secrets', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const table: readonly (readonly [string, KeyObject])[] = [
    ['RS256', rsa],
    ['RS384', rsa],
    ['RS512', rsa],
    ['PS256', rsa],
    ['PS384', rsa],
    ['PS512', rsa],
    ['ES256', ecKey()],
    ['ES384', ecKey('P-384')],
    ['ES512', ecKey('P-521')],
    ['EdDSA', generateKeyPairSync('ed25519').privateKey],
  ];
  const jwks = keySet(t, ...table.map(([alg, key]) => jwk(key, { kid: alg })));
  const tokens = await verifier(t, { jwks });
  const few = await verifier(t, { jwks, signingAlgorithms: ['RS256'] });
  for (const [alg, key] of table) {
    const token = signed({ alg, kid: alg }, claims(), key, alg);
    assert.equal((await tokens.verify(token))?.name, 'alice', alg);
    assert.equal((await few.verify(token))?.name, alg === 'RS256' ? 'alice' : undefined, alg);
  }
});

test('claims that are not good, and those that just are', async (t) => {
  const { tokens, key, header } = await oneKey(t);
  const now = Math.floor(Date.now() / 1000);
  const { exp: _exp, ...endless } = claims();
  const { sub: _sub, ...nameless } = claims();
  const { access: _access, ...idle } = claims();
  const table: readonly (readonly [string, unknown, boolean])[] = [
    ['expired', claims({ exp: now - 70 }), false],
    ['expired within the leeway', claims({ exp: now - 30 }), true],
    ['without an end', endless, false],
    ['an end that is a text', claims({ exp: String(now + 300) }), false],
    ['not yet', claims({ nbf: now + 90 }), false],
    ['not yet, within the leeway', claims({ nbf: now + 30 }), true],
    ['another audience', claims({ aud: 'other' }), false],
    ['an audience that only begins so', claims({ aud: `${SERVICE}.evil` }), false],
    ['one of several audiences', claims({ aud: ['other', SERVICE] }), true],
    ['no audience', claims({ aud: [] }), false],
    ['another issuer', claims({ iss: 'other' }), false],
    ['no issuer', claims({ iss: undefined }), false],
    ['nobody', nameless, true],
    ['nothing', idle, true],
    ['access that is no list', claims({ access: { type: 'repository' } }), false],
    ['access of odd things', claims({ access: ['repository:team/app:pull'] }), false],
    ['a list', [], false],
    ['no JSON', 'x', false],
    ['a claim twice', JSON.stringify(claims()).replace('{', '{"sub":"root",'), false],
    ['a claim twice, written differently', JSON.stringify(claims()).replace('{', '{"\\u0073ub":"root",'), false],
  ];
  for (const [what, payload, good] of table) {
    assert.equal((await tokens.verify(signed(header, payload, key))) !== undefined, good, what);
  }
});

test('keys and algorithms of an attacker', async (t) => {
  const { tokens, key } = await oneKey(t);
  const evil = ecKey();
  const evilCertificate = createCertificate({ name: 'evil' });
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  const good = signed({ alg: 'ES256', kid: 'k' }, claims(), key);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const table: readonly (readonly [string, string])[] = [
    ['a key of its own under a name that is trusted', signed({ alg: 'ES256', kid: 'k' }, claims(), evil)],
    ['the key in the token', signed({ alg: 'ES256', jwk: jwk(evil, {}) }, claims(), evil)],
    [
      'the key in the token, with a trusted name',
      signed({ alg: 'ES256', kid: 'k', jwk: jwk(evil, { kid: 'k' }) }, claims(), evil),
    ],
    ['the address of a key', signed({ alg: 'ES256', kid: 'x', jku: 'http://127.0.0.1:1/' }, claims(), evil)],
    ['the address of a certificate', signed({ alg: 'ES256', kid: 'x', x5u: 'http://127.0.0.1:1/' }, claims(), evil)],
    [
      'a certificate without roots',
      signed({ alg: 'ES256', x5c: [der(evilCertificate)] }, claims(), privateKeyOf(evilCertificate)),
    ],
    ['none', `${encoded({ alg: 'none', kid: 'k' })}.${payload}.`],
    ['None', `${encoded({ alg: 'None', kid: 'k' })}.${payload}.`],
    ['none with a signature', `${encoded({ alg: 'none', kid: 'k' })}.${payload}.${signature}`],
    ['HMAC with the public key as PEM', hmacSigned({ alg: 'HS256', kid: 'k' }, claims(), pem)],
    ['HMAC with the public key as JWK', hmacSigned({ alg: 'HS256', kid: 'k' }, claims(), JSON.stringify(jwk(key, {})))],
    ['HMAC with nothing', hmacSigned({ alg: 'HS256', kid: 'k' }, claims(), '')],
    ['another algorithm than the key has', signed({ alg: 'RS256', kid: 'k' }, claims(), key)],
    ['no algorithm', signed({ kid: 'k' }, claims(), key)],
    ['an algorithm twice', signed('{"alg":"none","alg":"ES256","kid":"k"}', claims(), key)],
    ['an extension that must be understood', signed({ alg: 'ES256', kid: 'k', crit: ['x'], x: 1 }, claims(), key)],
    ['without a signature', `${header}.${payload}.`],
    ['without a third part', `${header}.${payload}`],
    ['another payload', `${header}.${encoded(claims({ sub: 'root' }))}.${signature}`],
    ['a signature of zeros', `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    ['an unencoded payload', signed({ alg: 'ES256', kid: 'k', b64: false, crit: ['b64'] }, claims(), key)],
    ['a name that is a path', signed({ alg: 'ES256', kid: '../../etc/passwd' }, claims(), evil)],
    ['a name that objects have', signed({ alg: 'ES256', kid: '__proto__' }, claims(), evil)],
    ['dots', '..'],
    ['nothing', ''],
    ['something long', 'a'.repeat(20_000)],
  ];
  for (const [what, token] of table) assert.equal(await tokens.verify(token), undefined, what);
  assert.equal((await tokens.verify(good))?.name, 'alice');
});

test('a key set has keys for signatures alone', async (t) => {
  const [signing, secret, encrypting, other] = [ecKey(), 'AAAA', ecKey(), ecKey()];
  const jwks = keySet(
    t,
    jwk(signing, { kid: 'k' }),
    { kty: 'oct', kid: 'h', k: secret },
    jwk(encrypting, { kid: 'e', use: 'enc' }),
    jwk(other, { kid: 'o', alg: 'ES384' }),
    { kty: 'EC', kid: 'broken', crv: 'P-256', x: 'AA', y: 'AA' },
  );
  const tokens = await verifier(t, { jwks });
  assert.notEqual(await tokens.verify(signed({ alg: 'ES256', kid: 'k' }, claims(), signing)), undefined);
  assert.equal(
    await tokens.verify(hmacSigned({ alg: 'HS256', kid: 'h' }, claims(), Buffer.from(secret, 'base64'))),
    undefined,
  );
  assert.equal(await tokens.verify(signed({ alg: 'ES256', kid: 'e' }, claims(), encrypting)), undefined);
  assert.equal(await tokens.verify(signed({ alg: 'ES256', kid: 'o' }, claims(), other)), undefined);
});

test('without a name of the key there must be no choice', async (t) => {
  const [one, two] = [ecKey(), ecKey()];
  const token = signed({ alg: 'ES256' }, claims(), one);
  const single = await verifier(t, { jwks: keySet(t, jwk(one, { kid: '1' })) });
  assert.notEqual(await single.verify(token), undefined);
  const several = await verifier(t, { jwks: keySet(t, jwk(one, { kid: '1' }), jwk(two, { kid: '2' })) });
  assert.equal(await several.verify(token), undefined);
});

test('keys are read again when their file changes, and what they signed is worth nothing then', async (t) => {
  const [old, fresh] = [ecKey(), ecKey()];
  const path = keySet(t, jwk(old, { kid: 'old' }));
  const tokens = await verifier(t, { jwks: path });
  const token = signed({ alg: 'ES256', kid: 'old' }, claims(), old);
  assert.notEqual(await tokens.verify(token), undefined);
  settledFile(path, JSON.stringify({ keys: [jwk(fresh, { kid: 'new' })] }));
  assert.notEqual(await tokens.verify(signed({ alg: 'ES256', kid: 'new' }, claims(), fresh)), undefined);
  assert.equal(await tokens.verify(token), undefined);
});

test('certificates in a token count when a root has signed them', async (t) => {
  const { root, middle, leaf } = certificateChain();
  const rootCertBundle = settledFile(join(temporaryFolder(t), 'roots.pem'), root.cert);
  const tokens = await verifier(t, { rootCertBundle });
  const stranger = createCertificate({ name: 'root' });
  const hour = 3_600_000;
  const old = createCertificate({ name: 'old', issuer: root, notAfter: new Date(Date.now() - hour) });
  const early = createCertificate({ name: 'early', issuer: root, notBefore: new Date(Date.now() + hour) });
  const noAuthority = createCertificate({ name: 'server', issuer: root });
  const below = createCertificate({ name: 'below', issuer: noAuthority });
  const direct = createCertificate({ name: 'direct', issuer: root });
  const fake = createCertificate({ name: 'fake', issuer: { ...stranger, name: 'root' } });
  const x5c = (...chain: readonly { cert: string; key: string; name: string }[]): readonly string[] => chain.map(der);
  const table: readonly (readonly [string, unknown, { key: string; cert: string; name: string }, boolean])[] = [
    ['whole', x5c(leaf, middle), leaf, true],
    ['whole, with the root', x5c(leaf, middle, root), leaf, true],
    ['one step', x5c(direct), direct, true],
    ['the root itself', x5c(root), root, true],
    ['a gap', x5c(leaf), leaf, false],
    ['another leaf than the key', x5c(leaf, middle), direct, false],
    ['the leaf second', x5c(middle, leaf), leaf, false],
    ['signed by a stranger with the name of the root', x5c(fake, stranger), fake, false],
    ['a stranger before the root', x5c(stranger, root), stranger, false],
    ['over', x5c(old), old, false],
    ['not yet', x5c(early), early, false],
    ['signed by one that may not', x5c(below, noAuthority), below, false],
    ['too long', Array.from({ length: 11 }, () => der(direct)), direct, false],
    ['empty', [], direct, false],
    ['no list', der(direct), direct, false],
    ['no certificate', ['AAAA'], direct, false],
    ['odd', [{}], direct, false],
  ];
  for (const [what, chain, signer, good] of table) {
    const token = signed({ alg: 'ES256', x5c: chain }, claims(), privateKeyOf(signer));
    assert.equal((await tokens.verify(token)) !== undefined, good, what);
  }
});

test('keys of root certificates are found by the names that distribution gives them', async (t) => {
  const { root } = certificateChain();
  const key = privateKeyOf(root);
  const rootCertBundle = settledFile(join(temporaryFolder(t), 'roots.pem'), `# mine\n${root.cert}`);
  const tokens = await verifier(t, { rootCertBundle });
  const id = libtrustId(createPublicKey(key));
  assert.match(id, /^(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
  for (const kid of [id, thumbprint(createPublicKey(key))]) {
    assert.notEqual(await tokens.verify(signed({ alg: 'ES256', kid }, claims(), key)), undefined);
  }
  assert.equal(await tokens.verify(signed({ alg: 'ES256', kid: 'x' }, claims(), key)), undefined);
});

test('a root with a key that no token can be signed with does not stand in the way of others', async (t) => {
  const { root } = certificateChain();
  const rootCertBundle = settledFile(join(temporaryFolder(t), 'roots.pem'), `${P224}\n${root.cert}`);
  const tokens = await verifier(t, { rootCertBundle });
  const kid = libtrustId(createPublicKey(root.key));
  assert.notEqual(await tokens.verify(signed({ alg: 'ES256', kid }, claims(), privateKeyOf(root))), undefined);
});

test('the thumbprint is that of RFC 7638', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
  const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' });
  assert.equal(thumbprint(key), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
});
