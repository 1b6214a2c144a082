import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { buildImage } from '../images/image.ts';
import { ask } from './ask.ts';
import { type Auth, basicAuth, bearerAuth } from './auth.ts';
import { startRegistry, type TestRegistry } from './start.ts';

const running: TestRegistry[] = [];
after(() => Promise.all(running.map((registry) => registry.close())));

const SCOPE = 'scope=repository:app:pull';

async function start(auth: Auth): Promise<string> {
  const registry = await startRegistry({ images: { 'app:1': buildImage({ flavour: 'docker' }) }, auth });
  running.push(registry);
  return registry.url;
}

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

async function tokenFrom(url: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const got = await ask(`${url}/token?${SCOPE}`, { headers });
  return { status: got.status, ...(JSON.parse(got.body.toString()) as Record<string, unknown>) };
}

async function read(url: string, token: unknown): Promise<number> {
  const got = await ask(`${url}/v2/app/manifests/1`, { headers: { authorization: `Bearer ${String(token)}` } });
  return got.status;
}

test('basic: a challenge, then one of the users', async () => {
  const url = await start(basicAuth({ alice: 'a:b' }));
  const refused = await ask(`${url}/v2/app/manifests/1`);
  assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Basic realm="test registry"']);
  assert.equal((await ask(`${url}/v2/`, { headers: basic('alice', 'wrong') })).status, 401);
  assert.equal((await ask(`${url}/v2/app/manifests/1`, { headers: basic('alice', 'a:b') })).status, 200);
});

test('bearer: the challenge names realm, service and scope; a token for it opens the repository', async () => {
  const url = await start(bearerAuth());
  const refused = await ask(`${url}/v2/app/manifests/1`);
  const expected = `Bearer realm="${url}/token",service="test-registry",scope="repository:app:pull"`;
  assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, expected]);
  const { token, access_token } = await tokenFrom(url);
  assert.equal(token, access_token);
  assert.equal(await read(url, token), 200);
  assert.equal(await read(url, 'made-up'), 401);
  const other = await ask(`${url}/token?scope=repository:other:pull`);
  const { token: wrong } = JSON.parse(other.body.toString()) as { token: string };
  const insufficient = await ask(`${url}/v2/app/manifests/1`, { headers: { authorization: `Bearer ${wrong}` } });
  assert.match(String(insufficient.headers['www-authenticate']), /error="insufficient_scope"$/);
});

test('bearer with users: no token without the password', async () => {
  const url = await start(bearerAuth({ users: { alice: 'secret' }, expiresIn: 60, field: 'access_token' }));
  assert.equal((await tokenFrom(url))['status'], 401);
  assert.equal((await tokenFrom(url, basic('alice', 'wrong')))['status'], 401);
  const { token, access_token, expires_in } = await tokenFrom(url, basic('alice', 'secret'));
  assert.deepEqual([token, expires_in], [undefined, 60]);
  assert.equal(await read(url, access_token), 200);
});

test('a token runs out after its uses and after its lifetime', async () => {
  const used = await start(bearerAuth({ uses: 2 }));
  const { token } = await tokenFrom(used);
  assert.deepEqual([await read(used, token), await read(used, token), await read(used, token)], [200, 200, 401]);
  const timed = await start(bearerAuth({ lifetime: 0 }));
  assert.equal(await read(timed, (await tokenFrom(timed))['token']), 401);
});

test('oauth2: the POST form exchanges an identity token or a password, or is not there', async () => {
  const url = await start(bearerAuth({ users: { alice: 'secret' }, identityTokens: { idtoken: 'alice' } }));
  const post = (form: string): ReturnType<typeof ask> => ask(`${url}/token`, { method: 'POST', body: form });
  const good = await post(`grant_type=refresh_token&refresh_token=idtoken&service=s&client_id=c&${SCOPE}`);
  const answer = JSON.parse(good.body.toString()) as Record<string, string>;
  assert.equal(answer['refresh_token'], 'idtoken');
  assert.equal(await read(url, answer['access_token']), 200);
  assert.equal((await post('grant_type=refresh_token&refresh_token=other')).status, 401);
  assert.equal((await post('grant_type=password&username=alice&password=secret')).status, 200);
  assert.equal((await post('grant_type=password&username=alice&password=wrong')).status, 401);
  assert.equal((await post('grant_type=password&username=nobody')).status, 401);
  const old = await start(bearerAuth({ post: false }));
  assert.equal((await ask(`${old}/token`, { method: 'POST', body: 'grant_type=password' })).status, 404);
});

test('one token service serves two registries', async () => {
  const home = await startRegistry({ images: {} });
  running.push(home);
  const realm = `${home.url}/token`;
  const shared = bearerAuth({ realm });
  const url = await start(shared);
  const issuer = await start(shared);
  assert.match(String((await ask(`${url}/v2/`)).headers['www-authenticate']), new RegExp(`realm="${realm}"`));
  assert.equal(await read(url, (await tokenFrom(issuer))['token']), 200);
});
