import { bearerAuth, noHead, status } from 'dray/testing';
import { kinds, ofConfig, ofLarge, ofManifest, ofToken, type TransferCase, transferCases } from './transfer-cases.ts';

transferCases('statuses that may pass', [
  ...kinds.flatMap(([what, match]) =>
    [429, 500, 502, 503, 504].map(
      (code): TransferCase => ({
        name: `${code} for ${what}, once`,
        auth: bearerAuth(),
        faults: [status(code, { ...match, times: 1 })],
        ends: 'right',
      }),
    ),
  ),
  ...kinds.map(
    ([what, match]): TransferCase => ({
      name: `503, 500 and 429 for ${what}, one after the other`,
      auth: bearerAuth(),
      faults: [503, 500, 429].map((code) => status(code, { ...match, times: 1 })),
      ends: 'right',
    }),
  ),
  ...kinds.flatMap(([what, match]) =>
    [429, 503].map(
      (code): TransferCase => ({
        name: `${code} for ${what}, always`,
        auth: bearerAuth(),
        faults: [status(code, match)],
        flags: ['--retry', '1'],
        ends: code === 429 ? /too ?many ?requests|limits requests/i : /503/,
      }),
    ),
  ),
  { name: '500 for everything, always', faults: [status(500)], flags: ['--retry', '1'], ends: /500/ },
  { name: '404 for a layer', faults: [status(404, ofLarge)], ends: /blob .* not found/ },
  { name: '403 for a layer', faults: [status(403, ofLarge)], ends: /denied/ },
  { name: '410 for the config', faults: [status(410, ofConfig)], ends: /not found/ },
  { name: '204 for a layer', faults: [status(204, { ...ofLarge, body: '' })], ends: /answered 204/ },
  { name: '304 for a layer', faults: [status(304, { ...ofLarge, body: '' })], ends: /answered 304/ },
  { name: '299 for the manifest', faults: [status(299, ofManifest)], ends: /answered 299/ },
  {
    name: '200 with an error page for a layer',
    faults: [status(200, { ...ofLarge, body: '<html>oops</html>' })],
    ends: /should have 400291 bytes/,
  },
  {
    name: '200 with an error page for the manifest',
    faults: [status(200, { ...ofManifest, body: '<html>oops</html>' })],
    ends: /manifest/,
  },
  { name: 'no HEAD', faults: [noHead()], ends: 'right' },
]);

/** A registry that asks to wait, once. */
const waits = (
  name: string,
  retryAfter: string | number,
  ends: TransferCase['ends'],
  more: Partial<TransferCase> = {},
): TransferCase => ({
  name,
  faults: [status(429, { ...ofManifest, times: 1, retryAfter })],
  ends,
  ...more,
});

transferCases('Retry-After', [
  waits('in seconds', 1, 'right'),
  waits('as a date', new Date(Date.now() + 9_000).toUTCString(), 'right', { seconds: 30 }),
  waits('as a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT', 'right'),
  waits('0', 0, 'right'),
  waits('negative', -5, 'right'),
  waits('a fraction', '1.5', 'right'),
  waits('garbage', 'soon \u00e9', 'right'),
  waits('61 s', 61, /asks to wait 61 s/),
  waits('a day', 86_400, /asks to wait 86400 s/),
  waits('more than any number holds', '9'.repeat(400), /asks to wait/),
  waits('a date next year', new Date(Date.now() + 4e10).toUTCString(), /asks to wait \d+ s/),
  waits('a year on a layer', 0, /asks to wait 31536000 s/, {
    faults: [status(503, { ...ofLarge, retryAfter: 31_536_000 })],
  }),
  waits('a day for a token', 0, /asks to wait 86400 s/, {
    auth: bearerAuth(),
    faults: [status(429, { ...ofToken, retryAfter: 86_400 })],
  }),
  waits('two of them', 0, 'right', {
    faults: [status(503, { ...ofManifest, times: 1, headers: { 'retry-after': ['1', '86400'] } })],
  }),
]);
