import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rejects } from '#testing';
import { repositoryGlob } from './glob.ts';
import type { PullThroughOptions, RouteRule, UpstreamSettings } from './options.ts';
import { Routes } from './routes.ts';
import { Upstream } from './upstream.ts';

const NO_OPTIONS: PullThroughOptions = { upstreams: [], folder: '/nowhere' };

function routesOf(upstreams: readonly UpstreamSettings[], rules: readonly RouteRule[] = []): Routes {
  return new Routes(
    upstreams.map((settings) => new Upstream(settings, NO_OPTIONS)),
    rules,
  );
}

/** `local`, `denied`, or upstream, path there and name here. */
function told(routes: Routes, name: string): string {
  const route = routes.of(name);
  return typeof route === 'string' ? route : `${route.upstream.domain} ${route.path} ${route.repository}`;
}

describe('a glob of repositories', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['library/*', 'library/alpine', true],
    ['library/*', 'library/a/b', false],
    ['library/*', 'library', false],
    ['team/**', 'team/a/b', true],
    ['team/**', 'team', true],
    ['team/**', 'teams/a', false],
    ['**/app', 'a/b/app', true],
    ['a.b/c', 'axb/c', false],
    ['*', 'alpine', true],
    ['*', 'library/alpine', false],
    ['**', 'library/alpine', true],
    ['exact', 'exact', true],
    ['(x|y)+', 'x', false],
  ];
  for (const [glob, name, expected] of cases) {
    it(`${glob} ${expected ? 'is' : 'is not'} ${name}`, () => assert.equal(repositoryGlob(glob)(name), expected));
  }
});

describe('the way to an upstream', () => {
  const routes = routesOf(
    [
      { domain: 'docker.io', prefix: 'hub', allow: ['library/*', 'team/**'], deny: ['team/secret'] },
      { domain: 'quay.io' },
      { domain: 'Registry.example:5000' },
      { domain: 'deep.example', prefix: 'hub/deep' },
    ],
    [
      { match: 'hub/library/forbidden', to: 'deny' },
      { match: 'quay.io/mine/**', to: 'local' },
      { match: 'images/*', to: 'quay.io' },
    ],
  );
  const cases: readonly (readonly [string, string])[] = [
    ['hub/alpine', 'docker.io library/alpine hub/library/alpine'],
    ['hub/library/alpine', 'docker.io library/alpine hub/library/alpine'],
    ['hub/team/a/b', 'docker.io team/a/b hub/team/a/b'],
    ['hub/other/a', 'denied'],
    ['hub/team/secret', 'denied'],
    ['hub/library/forbidden', 'denied'],
    ['hub/deep/x', 'deep.example x hub/deep/x'],
    ['hub', 'local'],
    ['hubs/x', 'local'],
    ['quay.io/a/b', 'quay.io a/b quay.io/a/b'],
    ['quay.io/mine/b', 'local'],
    ['registry.example_5000/a', 'Registry.example:5000 a registry.example_5000/a'],
    ['images/x', 'quay.io images/x images/x'],
    ['anything', 'local'],
  ];
  for (const [name, expected] of cases) it(`of ${name}`, () => assert.equal(told(routes, name), expected));

  it('of everything, with one that has no prefix', () => {
    const all = routesOf(
      [{ domain: 'docker.io', prefix: '' }, { domain: 'quay.io' }],
      [{ match: 'mine/**', to: 'local' }],
    );
    assert.equal(told(all, 'alpine'), 'docker.io library/alpine library/alpine');
    assert.equal(told(all, 'quay.io/a'), 'quay.io a quay.io/a');
    assert.equal(told(all, 'mine/a'), 'local');
    assert.equal(all.named('alpine', 'docker.io'), 'library/alpine');
    assert.equal(all.named('alpine', 'registry-1.docker.io'), 'library/alpine');
    assert.equal(all.named('alpine', undefined), 'library/alpine');
    assert.throws(() => all.named('alpine', 'ghcr.io'), { status: 404 });
  });

  const wrong: Readonly<Record<string, readonly [readonly UpstreamSettings[], (readonly RouteRule[])?]>> = {
    'two with one domain': [[{ domain: 'a.example' }, { domain: 'a.example', prefix: 'b' }]],
    'two with one prefix': [[{ domain: 'a.example' }, { domain: 'b.example', prefix: 'a.example' }]],
    'a rule to nowhere': [[{ domain: 'a.example' }], [{ match: '*', to: 'b.example' }]],
    'a password in the URL': [[{ domain: 'a.example', url: 'https://me:secret@a.example' }]],
    'no URL': [[{ domain: 'a.example', url: 'a.example' }]],
    'a URL of something else': [[{ domain: 'a.example', url: 'ftp://a.example' }]],
  };
  for (const [name, [upstreams, rules]] of Object.entries(wrong)) {
    it(`is refused with ${name}`, () =>
      rejects(
        Promise.resolve().then(() => routesOf(upstreams, rules)),
        'INVALID_CONFIGURATION',
      ));
  }
});
