import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShownSecrets } from './shown-secrets.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

test('takes out what requests have shown: tokens, passwords and what carries them, and headers that are named', () => {
  const secrets = new ShownSecrets(['X-Api-Key']);
  secrets.note({ accept: 'text/plain', 'user-agent': 'dray' });
  secrets.note({ Authorization: 'Bearer a.b.c', 'x-api-key': 'key-of-anna' });
  secrets.note({ authorization: `basic ${encoded('anna:pa:ss')}` });
  assert.equal(
    secrets.redact(`text/plain dray a.b.c key-of-anna ${encoded('anna:pa:ss')} anna pa:ss`),
    'text/plain dray *** *** *** anna ***',
  );
});

test('leaves text alone where nothing was shown, or too little', () => {
  const secrets = new ShownSecrets(['x-short']);
  secrets.note({ 'x-short': '1', authorization: 'Bearer ' });
  secrets.note({ authorization: `Basic ${encoded('anna:')}` });
  assert.equal(secrets.redact('error 1 for anna'), 'error 1 for anna');
});

test('remembers a bounded number', () => {
  const secrets = new ShownSecrets([]);
  for (let at = 0; at < 100; at += 1) secrets.note({ authorization: `Bearer token-${at}-end` });
  assert.equal(secrets.redact('token-99-end token-40-end token-0-end'), '*** *** token-0-end');
});
