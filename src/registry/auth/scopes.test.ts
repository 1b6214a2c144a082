import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeScopes, repositoryOf } from './scopes.ts';

const cases: readonly [what: string, challenged: string | undefined, needed: string[], expected: string[]][] = [
  ['nothing at all', undefined, [], []],
  ['what is needed alone', undefined, ['repository:a:pull'], ['repository:a:pull']],
  ['the same', 'repository:a:pull', ['repository:a:pull'], ['repository:a:pull']],
  ['the challenge first', 'repository:b:pull', ['repository:a:pull'], ['repository:b:pull', 'repository:a:pull']],
  ['actions joined', 'repository:a:push,pull', ['repository:a:pull,delete'], ['repository:a:push,pull,delete']],
  [
    'several in one challenge',
    'repository:a:pull  registry:catalog:*',
    [],
    ['repository:a:pull', 'registry:catalog:*'],
  ],
  ['a host in the name', 'repository:h:5000/a:pull', ['repository:h:5000/a:push'], ['repository:h:5000/a:pull,push']],
  ['a scope of another kind', 'openid', ['repository:a:pull'], ['openid', 'repository:a:pull']],
];

for (const [what, challenged, needed, expected] of cases) {
  test(`scopes: ${what}`, () => assert.deepEqual(mergeScopes(challenged, needed), expected));
}

test('scopes: a challenge cannot ask for endlessly many', () => {
  const many = Array.from({ length: 500 }, (_, at) => `repository:r${at}:pull`).join(' ');
  assert.equal(mergeScopes(many, []).length, 16);
});

test('scopes: the repository they are about', () => {
  assert.equal(repositoryOf(['registry:catalog:*', 'repository:library/alpine:pull,push']), 'library/alpine');
  assert.equal(repositoryOf([]), undefined);
});
