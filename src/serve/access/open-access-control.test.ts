import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hasCode } from '#errors';
import { ALICE, accessRequest, BOB, basic, needs, settledFile, temporaryFolder } from './access.test.fixture.ts';
import { type OpenedAccess, openAccessControl } from './open-access-control.ts';
import type { AccessOptions, RulesOptions } from './options.ts';
import type { Need } from './port.ts';
import { claims, ecKey, ISSUER, jwk, SERVICE, signed } from './tokens/tokens.test.fixture.ts';

async function opened(t: TestContext, options: AccessOptions): Promise<OpenedAccess> {
  const access = await openAccessControl(JSON.parse(JSON.stringify(options)) as AccessOptions, {
    onProblem: (error) => assert.fail(error),
  });
  t.after(() => access.close());
  return access;
}

function htpasswd(t: TestContext): AccessOptions['htpasswd'] {
  return { path: settledFile(join(temporaryFolder(t), 'htpasswd'), `${ALICE}\n${BOB}\n`), realm: 'My "place"' };
}

/** `name` of who was admitted, or status, code and challenge of the refusal. */
async function outcome(
  access: OpenedAccess,
  authorization: string | undefined,
  wanted: readonly Need[],
): Promise<string> {
  const { actor, refusal } = await access.control.admit(accessRequest(authorization, wanted));
  if (refusal === undefined) return `ok ${actor.name}`;
  const { status, faults, headers } = refusal;
  const challenge = headers['www-authenticate'];
  return `${status} ${faults[0]?.code}${challenge === undefined ? '' : ` ${String(challenge)}`}`;
}

const BASE: readonly Need[] = [{ kind: 'base' }];
const CATALOG: readonly Need[] = [{ kind: 'catalog' }];
const ALICES = basic('alice', 'secret1');
const BOBS = basic('bob', 'secret2');
const WRONG = basic('alice', 'wrong');
const ASK_BASIC = '401 UNAUTHORIZED Basic realm="My \\"place\\""';

const RULES: RulesOptions = {
  rules: [
    { repositories: 'public/**', anonymous: true, actions: ['pull'] },
    { repositories: 'public/**', users: ['alice'], actions: ['push'] },
    { repositories: 'drop/*', users: ['bob'], actions: ['pull', 'create'] },
    { repositories: '**', users: ['alice'], actions: ['*'] },
  ],
};

test('without options everybody may do everything', async (t) => {
  for (const options of [{}, { tokenService: false, htpasswd: undefined }] as const) {
    const access = await opened(t, options);
    assert.equal(await outcome(access, undefined, needs('a', 'delete')), 'ok undefined');
  }
});

test('users without rules: everything for them, nothing for others', async (t) => {
  const access = await opened(t, { htpasswd: htpasswd(t) });
  const table: readonly (readonly [string | undefined, readonly Need[], string])[] = [
    [undefined, BASE, ASK_BASIC],
    [undefined, needs('a', 'pull'), ASK_BASIC],
    [undefined, CATALOG, ASK_BASIC],
    [WRONG, BASE, ASK_BASIC],
    [basic('nobody', 'x'), BASE, ASK_BASIC],
    ['Basic !!', BASE, ASK_BASIC],
    ['Bearer x', BASE, ASK_BASIC],
    ['Digest x', BASE, ASK_BASIC],
    [ALICES, BASE, 'ok alice'],
    [ALICES, CATALOG, 'ok alice'],
    [BOBS, needs('a', 'pull', 'create', 'overwrite', 'delete'), 'ok bob'],
  ];
  for (const [authorization, wanted, expected] of table) {
    assert.equal(await outcome(access, authorization, wanted), expected, `${authorization} ${JSON.stringify(wanted)}`);
  }
});

test('users with rules: 401 where credentials may help, 403 where they do not', async (t) => {
  const access = await opened(t, { htpasswd: htpasswd(t), rules: RULES, tokenService: false });
  const table: readonly (readonly [string | undefined, readonly Need[], string])[] = [
    [undefined, needs('public/a', 'pull'), 'ok undefined'],
    [undefined, needs('public/a', 'pull', 'create'), ASK_BASIC],
    [undefined, needs('private', 'pull'), ASK_BASIC],
    [undefined, [...needs('public/a', 'pull'), ...needs('private', 'pull')], ASK_BASIC],
    [undefined, BASE, ASK_BASIC],
    [undefined, CATALOG, 'ok undefined'],
    [WRONG, needs('public/a', 'pull'), ASK_BASIC],
    [BOBS, needs('public/a', 'pull'), 'ok bob'],
    [BOBS, needs('public/a', 'create'), '403 DENIED'],
    [BOBS, needs('private', 'pull'), '403 DENIED'],
    [BOBS, [...needs('drop/a', 'create'), ...needs('private', 'pull')], '403 DENIED'],
    [BOBS, needs('drop/a', 'pull', 'create'), 'ok bob'],
    [BOBS, needs('drop/a', 'overwrite'), '403 DENIED'],
    [BOBS, BASE, 'ok bob'],
    [ALICES, needs('public/a', 'overwrite'), 'ok alice'],
    [ALICES, needs('public/a', 'delete'), '403 DENIED'],
    [ALICES, needs('private', 'delete'), 'ok alice'],
  ];
  for (const [authorization, wanted, expected] of table) {
    assert.equal(await outcome(access, authorization, wanted), expected, `${authorization} ${JSON.stringify(wanted)}`);
  }
  const { actor } = await access.control.admit(accessRequest(BOBS, CATALOG));
  const seen = ['public/a', 'drop/a', 'private'].filter((name) => actor?.may(name, 'pull'));
  assert.deepEqual(seen, ['public/a', 'drop/a']);
});

test('where some need a password and others do not, there are tokens', async (t) => {
  const ask = async (rules: RulesOptions): Promise<string> =>
    outcome(await opened(t, { htpasswd: htpasswd(t), rules }), undefined, BASE);
  assert.equal(await ask(RULES), '401 UNAUTHORIZED Bearer realm="https://registry.example/token",service="dray"');
  assert.equal(await ask({ rules: [{ repositories: '**', authenticated: true, actions: ['pull'] }] }), ASK_BASIC);
});

test('rules alone: nobody can log in, so nobody is asked to', async (t) => {
  const rules = [{ repositories: 'public/**', anonymous: true, actions: ['pull'] }] as const;
  const access = await opened(t, { rules: { rules } });
  assert.equal(await outcome(access, undefined, BASE), 'ok undefined');
  assert.equal(await outcome(access, undefined, needs('public/a', 'pull')), 'ok undefined');
  assert.equal(await outcome(access, undefined, needs('private', 'pull')), '403 DENIED');
  assert.equal(await outcome(access, ALICES, needs('public/a', 'pull')), '403 DENIED');
});

test('tokens of another service', async (t) => {
  const key = ecKey();
  const jwks = settledFile(join(temporaryFolder(t), 'jwks'), JSON.stringify({ keys: [jwk(key, { kid: 'k' })] }));
  const options = { realm: 'https://auth.example/token', service: SERVICE, issuer: ISSUER, jwks };
  const access = await opened(t, { htpasswd: htpasswd(t), rules: RULES, tokens: options });
  const bearer = (list: readonly object[]): string =>
    `Bearer ${signed({ alg: 'ES256', kid: 'k' }, claims({ access: list }), key)}`;
  const repository = (name: string, ...actions: readonly string[]): object => ({ type: 'repository', name, actions });
  const ask = (scope: string | undefined, error?: string): string =>
    `401 UNAUTHORIZED Bearer realm="https://auth.example/token",service="${SERVICE}"` +
    `${scope === undefined ? '' : `,scope="${scope}"`}${error === undefined ? '' : `,error="${error}"`}`;
  const mount: readonly Need[] = [...needs('a', 'pull', 'create'), ...needs('b', 'pull')];
  const pull = bearer([repository('a', 'pull')]);
  const table: readonly (readonly [string | undefined, readonly Need[], string])[] = [
    [undefined, BASE, ask(undefined)],
    [undefined, needs('a', 'pull'), ask('repository:a:pull')],
    [undefined, needs('a', 'pull', 'create', 'overwrite'), ask('repository:a:pull,push')],
    [undefined, needs('a', 'delete'), ask('repository:a:delete')],
    [undefined, mount, ask('repository:a:pull,push repository:b:pull')],
    [undefined, CATALOG, 'ok undefined'],
    [WRONG, CATALOG, ask('registry:catalog:*')],
    [undefined, needs('a",realm="https://evil.example', 'pull'), ask(undefined)],
    [undefined, needs('a repository:b:push', 'pull'), ask(undefined)],
    [undefined, needs('public/a', 'pull'), 'ok undefined'],
    ['Bearer x', needs('a', 'pull'), ask('repository:a:pull', 'invalid_token')],
    ['Bearer x', needs('public/a', 'pull'), ask('repository:public/a:pull', 'invalid_token')],
    [WRONG, needs('a', 'pull'), ask('repository:a:pull')],
    [pull, BASE, 'ok alice'],
    [pull, needs('a', 'pull'), 'ok alice'],
    [pull, needs('a', 'pull', 'create'), ask('repository:a:pull,push', 'insufficient_scope')],
    [pull, needs('ab', 'pull'), ask('repository:ab:pull', 'insufficient_scope')],
    [pull, mount, ask('repository:a:pull,push repository:b:pull', 'insufficient_scope')],
    [pull, CATALOG, ask('registry:catalog:*', 'insufficient_scope')],
    [bearer([repository('a', 'pull', 'push'), repository('b', 'pull')]), mount, 'ok alice'],
    [bearer([repository('a', 'pull'), repository('a', 'push')]), needs('a', 'pull', 'overwrite'), 'ok alice'],
    [bearer([repository('a', '*')]), needs('a', 'pull', 'create', 'overwrite', 'delete'), 'ok alice'],
    [bearer([repository('*', 'pull')]), needs('a', 'pull'), ask('repository:a:pull', 'insufficient_scope')],
    [
      bearer([{ type: 'registry', name: 'a', actions: ['pull'] }]),
      needs('a', 'pull'),
      ask('repository:a:pull', 'insufficient_scope'),
    ],
    [bearer([{ type: 'registry', name: 'catalog', actions: ['*'] }]), CATALOG, 'ok alice'],
    [
      bearer([{ type: 'registry', name: 'catalog', actions: ['pull'] }]),
      CATALOG,
      ask('registry:catalog:*', 'insufficient_scope'),
    ],
    // users of the file besides
    [BOBS, needs('drop/a', 'create'), 'ok bob'],
    [BOBS, needs('private', 'pull'), '403 DENIED'],
  ];
  for (const [authorization, wanted, expected] of table) {
    assert.equal(await outcome(access, authorization, wanted), expected, JSON.stringify(wanted));
  }
});

test('autoredirect names this server as the token service', async (t) => {
  const jwks = settledFile(join(temporaryFolder(t), 'jwks'), JSON.stringify({ keys: [jwk(ecKey(), { kid: 'k' })] }));
  const tokens = { realm: '', service: SERVICE, issuer: ISSUER, jwks, autoredirect: true };
  const realm = async (options: AccessOptions): Promise<string> => outcome(await opened(t, options), undefined, BASE);
  assert.match(await realm({ tokens }), /realm="https:\/\/registry\.example\/auth\/token"/);
  assert.match(await realm({ tokens: { ...tokens, autoredirectPath: 't' } }), /realm="https:\/\/registry\.example\/t"/);
});

test('verified credentials are admitted without waiting', async (t) => {
  const access = await opened(t, { htpasswd: htpasswd(t), rules: RULES });
  const request = accessRequest(ALICES, needs('a', 'pull'));
  assert.ok(access.control.admit(request) instanceof Promise);
  await access.control.admit(request);
  assert.ok(!(access.control.admit(request) instanceof Promise));
  assert.ok(!(access.control.admit(accessRequest(undefined, needs('public/a', 'pull'))) instanceof Promise));
});

test('options that do not fit together are refused', async (t) => {
  const folder = temporaryFolder(t);
  const jwks = settledFile(join(folder, 'jwks'), JSON.stringify({ keys: [jwk(ecKey(), { kid: 'k' })] }));
  const broken = settledFile(join(folder, 'broken'), '{"keys":[]}');
  const tokens = { realm: 'https://a', service: 's', issuer: 'i', jwks };
  const table: readonly (readonly [AccessOptions, RegExp])[] = [
    [{ tokens, tokenService: {}, htpasswd: htpasswd(t) }, /not both/],
    [{ tokenService: {} }, /has no users/],
    [{ tokenService: { path: 'token' }, htpasswd: htpasswd(t) }, /the path of the token service/],
    [{ tokenService: { lifetime: 0 }, htpasswd: htpasswd(t) }, /10 to 86400 seconds/],
    [{ tokens: { ...tokens, realm: '' } }, /address of their service/],
    [{ tokens: { ...tokens, issuer: '' } }, /the names of their service and of their issuer/],
    [{ tokens: { ...tokens, jwks: undefined } }, /without rootcertbundle or jwks/],
    [{ tokens: { ...tokens, jwks: broken } }, /no key that signatures can be verified with/],
    [{ tokens: { ...tokens, rootCertBundle: broken } }, /no certificate in it/],
    [{ rules: { rules: [{ repositories: 'a', actions: ['pull'] }] } }, /is for nobody/],
    [{ rules: { rules: [{ repositories: 'a', users: ['anna'], actions: ['pull'] }] } }, /nobody can log in/],
    [{ rules: { rules: [{ repositories: 'a', authenticated: true, actions: ['pull'] }] } }, /nobody can log in/],
  ];
  for (const [options, message] of table) {
    await assert.rejects(
      openAccessControl(options),
      (error) => hasCode(error, 'INVALID_CONFIGURATION') && message.test(error.message),
      String(message),
    );
  }
  await assert.rejects(
    openAccessControl({ htpasswd: { path: join(folder, 'none') } }),
    (error) => hasCode(error, 'IO_FAILED') && /htpasswd -Bc/.test(error.hint ?? ''),
  );
});
