import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRegistryHandler } from '../../api/handler.ts';
import { createMemoryStorage } from '../../storage/memory/memory-storage.ts';
import { ALICE, BOB, basic, settledFile, temporaryFolder } from '../access.test.fixture.ts';
import { openAccessControl } from '../open-access-control.ts';
import type { AccessOptions } from '../options.ts';

const ALICES = basic('alice', 'secret1');
const BOBS = basic('bob', 'secret2');

/** A registry whose users get tokens from it; gives its address. */
async function served(t: TestContext, more: AccessOptions = {}): Promise<string> {
  const path = settledFile(join(temporaryFolder(t), 'htpasswd'), `${ALICE}\n${BOB}\n`);
  const rules = {
    rules: [
      { repositories: 'public/*', anonymous: true, actions: ['pull'] },
      { repositories: 'public/*', users: ['alice'], actions: ['push'] },
      { repositories: 'drop/*', users: ['bob'], actions: ['pull', 'create'] },
      { repositories: '**', users: ['alice'], actions: ['*'] },
    ],
  } as const;
  const access = await openAccessControl({ htpasswd: { path }, rules, tokenService: {}, ...more });
  const handler = createRegistryHandler({
    storage: createMemoryStorage(),
    access: access.control,
    pages: access.pages,
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await access.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly challenge: string | null;
}

async function ask(url: string, authorization?: string, form?: string): Promise<Answer> {
  const response = await fetch(url, {
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form !== undefined && { method: 'POST', body: form }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
    challenge: response.headers.get('www-authenticate'),
  };
}

/** The grants of a token, as scopes. */
function granted({ body }: Answer): string {
  const [, payload = ''] = String(body['token']).split('.');
  const { access } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    access: readonly { type: string; name: string; actions: readonly string[] }[];
  };
  return access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}

test('a token allows what was asked for, as far as the user may', async (t) => {
  const url = await served(t);
  const table: readonly (readonly [string | undefined, string, string | 401])[] = [
    [ALICES, 'scope=repository:team/app:pull,push', 'repository:team/app:pull,push'],
    [ALICES, 'scope=repository:team/app:*', 'repository:team/app:pull,push,delete'],
    [ALICES, 'scope=repository:public/a:pull,push,delete', 'repository:public/a:pull,push'],
    [ALICES, 'scope=repository:a:pull&scope=repository:b:push', 'repository:a:pull repository:b:push'],
    [ALICES, 'scope=repository:a:pull%20repository:b:pull', 'repository:a:pull repository:b:pull'],
    [ALICES, 'scope=registry:catalog:*', 'registry:catalog:*'],
    [ALICES, 'scope=registry:catalog:pull', ''],
    [ALICES, 'scope=repository:a:admin', ''],
    [ALICES, 'scope=repository(plugin):a:pull', ''],
    [ALICES, 'scope=nonsense&scope=::&scope=a:b', ''],
    [ALICES, 'account=alice&client_id=docker&offline_token=true&service=dray', ''],
    [BOBS, 'scope=repository:drop/a:pull,push', 'repository:drop/a:pull,create'],
    [BOBS, 'scope=repository:team/app:pull,push', ''],
    [undefined, 'scope=repository:public/a:pull,push', 'repository:public/a:pull'],
    [undefined, '', ''],
    [undefined, 'scope=repository:team/app:pull', 401],
    [basic('alice', 'wrong'), 'scope=repository:public/a:pull', 401],
    ['Bearer x', 'scope=repository:public/a:pull', 401],
  ];
  for (const [authorization, query, expected] of table) {
    const answer = await ask(`${url}/token?${query}`, authorization);
    if (expected === 401) {
      assert.equal(answer.status, 401, query);
      assert.equal(answer.challenge, 'Basic realm="dray"');
    } else {
      assert.equal(answer.status, 200, query);
      assert.equal(granted(answer), expected, query);
      assert.equal(answer.body['access_token'], answer.body['token']);
      assert.equal(answer.body['expires_in'], 300);
      assert.ok(Math.abs(Date.parse(String(answer.body['issued_at'])) - Date.now()) < 10_000);
    }
  }
});

test('the form of OAuth 2', async (t) => {
  const url = `${await served(t)}/token`;
  const scope = 'scope=repository:team/app:pull&service=dray&client_id=x';
  const good = await ask(url, undefined, `grant_type=password&username=alice&password=secret1&${scope}`);
  assert.equal(granted(good), 'repository:team/app:pull');
  const table: readonly (readonly [string, number, string | undefined])[] = [
    [`grant_type=password&username=alice&password=wrong&${scope}`, 401, undefined],
    [`grant_type=password&username=alice:secret1&password=&${scope}`, 401, undefined],
    [`grant_type=password&${scope}`, 401, undefined],
    [`grant_type=refresh_token&refresh_token=x&${scope}`, 400, 'unsupported_grant_type'],
    ['', 400, 'unsupported_grant_type'],
    ['grant_type=password&username=alice&password=secret1&service=other', 400, 'invalid_request'],
    [`grant_type=password&password=${'a'.repeat(70_000)}`, 400, 'invalid_request'],
  ];
  for (const [form, status, error] of table) {
    const answer = await ask(url, undefined, form);
    assert.equal(answer.status, status, form.slice(0, 80));
    assert.equal(answer.body['error'], error);
    assert.ok(Array.isArray(answer.body['errors']));
  }
  assert.equal((await fetch(url, { method: 'PUT' })).status, 405);
});

test('the registry names its own service, and takes what it gives', async (t) => {
  const url = await served(t);
  const refused = await ask(`${url}/v2/team/app/tags/list`);
  assert.equal(refused.status, 401);
  assert.equal(refused.challenge, `Bearer realm="${url}/token",service="dray",scope="repository:team/app:pull"`);
  assert.equal((await ask(`${url}/v2/`)).challenge, `Bearer realm="${url}/token",service="dray"`);

  const token = async (authorization: string | undefined, scope: string): Promise<string> =>
    `Bearer ${String((await ask(`${url}/token?scope=${scope}`, authorization)).body['token'])}`;
  const alices = await token(ALICES, 'repository:team/app:pull');
  const bobs = await token(BOBS, 'repository:team/app:pull');
  const anybodys = await token(undefined, 'repository:public/a:pull');
  const status = async (path: string, authorization: string): Promise<string> => {
    const { status: code, challenge } = await ask(`${url}${path}`, authorization);
    return `${code} ${/error="(?<error>\w+)"/.exec(challenge ?? '')?.groups?.['error'] ?? ''}`.trim();
  };
  const table: readonly (readonly [string, string, string])[] = [
    ['/v2/', alices, '200'],
    ['/v2/', anybodys, '200'],
    ['/v2/team/app/tags/list', alices, '404'],
    ['/v2/team/other/tags/list', alices, '401 insufficient_scope'],
    ['/v2/team/app/tags/list', bobs, '403'],
    ['/v2/team/app/tags/list', anybodys, '401 insufficient_scope'],
    ['/v2/public/a/tags/list', anybodys, '404'],
    ['/v2/_catalog', alices, '401 insufficient_scope'],
    ['/v2/_catalog', await token(ALICES, 'registry:catalog:*'), '200'],
    ['/v2/team/app/tags/list', `${alices}x`, '401 invalid_token'],
    ['/v2/team/app/tags/list', ALICES, '404'],
  ];
  for (const [path, authorization, expected] of table) {
    assert.equal(await status(path, authorization), expected, path);
  }
});

test('what one server signs another takes only with the same key', async (t) => {
  const keyFile = join(temporaryFolder(t), 'deep', 'key.pem');
  const [one, two, other] = await Promise.all([
    served(t, { tokenService: { keyFile } }),
    served(t, { tokenService: { keyFile } }),
    served(t),
  ]);
  const { body } = await ask(`${one}/token?scope=repository:a:pull`, ALICES);
  const status = async (url: string): Promise<number> =>
    (await ask(`${url}/v2/a/tags/list`, `Bearer ${String(body['token'])}`)).status;
  assert.deepEqual([await status(one), await status(two), await status(other)], [404, 404, 401]);
});
