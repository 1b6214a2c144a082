import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { ALICE, BOB } from '../access.test.fixture.ts';
import { readHtpasswd } from './read-htpasswd.ts';

test('bcrypt entries are read, comments and empty lines left out', () => {
  const users = readHtpasswd(`# users\n\n${ALICE}\r\n  ${BOB}  \n`, 'f');
  assert.deepEqual([...users.keys()], ['alice', 'bob']);
  assert.equal(`alice:${users.get('alice')}`, ALICE);
  for (const kind of ['$2a$', '$2b$', '$2y$']) assert.equal(readHtpasswd(ALICE.replace('$2y$', kind), 'f').size, 1);
  assert.equal(readHtpasswd('', 'f').size, 0);
});

test('what is no bcrypt is refused by line and kind, and never shown', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['c:$apr1$cyxh7IXF$fP7GrDrts9SeBSyqYDQ1/.', /line 2 .*"c" as MD5 \(Apache's\)/],
    ['c:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=', /line 2 .*as SHA-1/],
    ['c:CsRgbP/lRtnV6', /line 2 .*as crypt \(DES\)/],
    ['c:$6$pWa/aMYjoZtqWEg5$xpeakc.2Drg/wGS/IwPLCugGhvT07n', /line 2 .*as SHA-512/],
    ['c:$5$abc$def', /line 2 .*as SHA-256/],
    ['c:hunter2', /line 2 .*as plain text or something unknown/],
    [ALICE.replace('$2y$', '$2x$'), /line 2 .*bcrypt of a kind/],
    [ALICE.replace('$05$', '$03$'), /line 2 .*bcrypt of a kind/],
    [ALICE.slice(0, -1), /line 2 .*bcrypt of a kind/],
    ['c:', /line 2 .*plain text/],
    ['nothing', /line 2 .*not of the form USER:HASH/],
    [':x', /line 2 .*not of the form USER:HASH/],
    ['a\u0007b:x', /line 2 .*control character/],
    [BOB, /line 2 .*names the user "bob" again/],
  ];
  for (const [line, message] of table) {
    assert.throws(
      () => readHtpasswd(`${BOB}\n${line}\n`, '/etc/users'),
      (error) => {
        assert.ok(hasCode(error, 'INVALID_CONFIGURATION'));
        assert.match(error.message, message);
        const secret = line.slice(line.indexOf(':') + 1);
        assert.ok(secret.length < 3 || !error.message.includes(secret), error.message);
        return true;
      },
      line,
    );
  }
});
