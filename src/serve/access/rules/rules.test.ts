import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import type { AccessRule, RulesOptions } from '../options.ts';
import type { Action } from '../port.ts';
import { createRules } from './rules.ts';

const ACTIONS: readonly Action[] = ['pull', 'create', 'overwrite', 'delete'];

/** What somebody may do, by first letters. */
function rights(options: RulesOptions, user: string | undefined, repository: string): string {
  const actor = createRules(options).rightsOf(user);
  return ACTIONS.filter((action) => actor.may(repository, action))
    .map((action) => action[0])
    .join('');
}

const OPTIONS: RulesOptions = {
  groups: { dev: ['ann', 'ben'], ops: ['olga'] },
  admins: ['root'],
  defaultActions: ['pull'],
  rules: [
    { repositories: 'team/secret', users: ['ann'], actions: ['*'] },
    { repositories: ['team/*', 'shared/**'], groups: ['dev'], actions: ['pull', 'push'] },
    { repositories: 'team/*', groups: ['ops'], actions: ['pull', 'delete'] },
    { repositories: 'team/*', anonymous: true, actions: ['pull'] },
    { repositories: 'drop/**', authenticated: true, actions: ['pull', 'create'] },
  ],
};

test('the first pattern decides, and its rules add up', () => {
  const table: readonly (readonly [string | undefined, string, string])[] = [
    ['ann', 'team/secret', 'pcod'],
    ['ben', 'team/secret', ''],
    [undefined, 'team/secret', ''],
    ['ann', 'team/app', 'pco'],
    ['olga', 'team/app', 'pd'],
    ['zoe', 'team/app', 'p'],
    [undefined, 'team/app', 'p'],
    ['ann', 'team/app/deep', 'p'],
    [undefined, 'team/app/deep', ''],
    [undefined, 'team', ''],
    ['ann', 'shared', 'pco'],
    ['ann', 'shared/a/b', 'pco'],
    ['olga', 'shared/a/b', ''],
    ['zoe', 'drop/box', 'pc'],
    [undefined, 'drop/box', ''],
    ['zoe', 'elsewhere', 'p'],
    [undefined, 'elsewhere', ''],
    ['root', 'team/secret', 'pcod'],
    ['root', 'anything', 'pcod'],
    ['teamx', 'teamx/app', 'p'],
    ['ann', 'xteam/app', 'p'],
    ['ann', 'team.app', 'p'],
  ];
  for (const [user, repository, expected] of table) {
    assert.equal(rights(OPTIONS, user, repository), expected, `${user} ${repository}`);
  }
});

test('without a rule nothing is allowed', () => {
  assert.equal(rights({ rules: [] }, 'ann', 'a'), '');
  assert.equal(rights({ rules: [] }, undefined, 'a'), '');
  assert.equal(createRules({ rules: [] }).allowsAnonymous, false);
  assert.equal(createRules(OPTIONS).allowsAnonymous, true);
});

test('names that objects have by themselves are users like others', () => {
  const options: RulesOptions = {
    groups: { dev: ['constructor'] },
    rules: [{ repositories: '**', groups: ['dev'], actions: ['pull'] }],
  };
  assert.equal(rights(options, '__proto__', 'a'), '');
  assert.equal(rights(options, 'toString', 'a'), '');
  assert.equal(rights(options, 'constructor', 'a'), 'p');
});

test('rules that cannot be meant are refused', () => {
  const rule: AccessRule = { repositories: 'a', anonymous: true, actions: ['pull'] };
  const table: readonly (readonly [readonly unknown[], RegExp])[] = [
    [[{ ...rule, actions: ['read'] }], /rule 1 has the action "read"/],
    [[{ ...rule, actions: ['constructor'] }], /rule 1 has the action/],
    [[{ ...rule, actions: [] }], /rule 1 allows no action/],
    [[rule, { ...rule, repositories: 'Team/*' }], /rule 2 .*"Team\/\*", which matches no name/],
    [[{ ...rule, repositories: [] }], /rule 1 names no repositories/],
    [[{ ...rule, groups: ['none'] }], /rule 1 names the group "none"/],
    [[{ ...rule, groups: ['toString'] }], /rule 1 names the group "toString"/],
    [[{ repositories: 'a', actions: ['pull'] }], /rule 1 is for nobody/],
    [[{ ...rule, user: 'ann' }], /rule 1 has "user", which is not known/],
    [[{ ...rule, repositories: '**' }, rule], /rule 2 for "a" is never reached: "\*\*"/],
    [[{ ...rule, repositories: 'a/**' }, rule], /rule 2 for "a" is never reached/],
    [
      [
        { ...rule, repositories: 'a/**' },
        { ...rule, repositories: 'a/b/*' },
      ],
      /never reached/,
    ],
  ];
  for (const [rules, message] of table) {
    assert.throws(
      () => createRules({ rules: rules as readonly AccessRule[] }),
      (error) => hasCode(error, 'INVALID_CONFIGURATION') && message.test(error.message),
      JSON.stringify(rules),
    );
  }
  const inOrder = ['a', 'a/b', 'a/*', 'a/**', 'b/*', '**'].map((repositories) => ({ ...rule, repositories }));
  createRules({ rules: [...inOrder, ...inOrder] });
});
