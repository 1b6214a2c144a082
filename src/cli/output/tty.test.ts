import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { Digest } from '#oci';
import type { BlobState, ProgressEvent } from '#progress';
import { createTty } from './tty.ts';

/** As much of a terminal as bars need: lines, cursor up, erase line, erase below, wrapping, scrolling. */
class Screen extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  readonly lines: string[] = [''];
  writes = 0;
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super({ decodeStrings: true });
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes += 1;
    // oxlint-disable-next-line no-control-regex
    for (const [token] of chunk.toString('utf8').matchAll(/\u001b\[\d*[A-Z]|[\s\S]/g)) this.#take(token);
    done();
  }

  #take(token: string): void {
    if (token === '\n') {
      this.#row += 1;
      this.#column = 0;
      this.lines[this.#row] ??= '';
    } else if (token === '\r') this.#column = 0;
    else if (token === '\u001b[2K') this.lines[this.#row] = '';
    else if (token === '\u001b[J') this.lines.splice(this.#row, this.lines.length, '');
    else if (token.startsWith('\u001b')) {
      assert.ok(token.endsWith('A'), `an escape that is not understood: ${JSON.stringify(token)}`);
      const top = Math.max(0, this.lines.length - this.rows);
      assert.ok(this.#row - Number(token.slice(2, -1)) >= top, 'the cursor left the screen at the top');
      this.#row -= Number(token.slice(2, -1));
    } else {
      if (this.#column === this.columns) {
        this.#column = 0;
        this.#row += 1;
      }
      const line = (this.lines[this.#row] ?? '').padEnd(this.#column);
      this.lines[this.#row] = line.slice(0, this.#column) + token + line.slice(this.#column + 1);
      this.#column += 1;
    }
  }

  /** Breaks lines as a terminal does that becomes narrower. */
  resize(columns: number): void {
    this.columns = columns;
    const broken = this.lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
    this.lines.splice(0, this.lines.length, ...broken);
    this.#row = this.lines.length - 1;
  }

  get text(): string {
    return this.lines.map((line) => line.trimEnd()).join('\n');
  }
}

const digestOf = (number: number): Digest => `sha256:${String(number).padStart(12, '0').padEnd(64, 'a')}`;
const SIZE = 45_000_000;

const layer = (number: number, state: BlobState['state'], received = 0): ProgressEvent => ({
  kind: 'blob',
  digest: digestOf(number),
  size: SIZE,
  role: 'layer',
  state,
  received,
});
const bytes = (number: number, received: number): ProgressEvent => ({
  kind: 'blob-progress',
  digest: digestOf(number),
  role: 'layer',
  received,
  size: SIZE,
});
const done: ProgressEvent = { kind: 'image-done', reference: 'a:1', digest: digestOf(99), status: 'downloaded' };

test('a line per layer, drawn over as bytes come, gone at the end', () => {
  const screen = new Screen(80, 24);
  const tty = createTty(screen);
  tty.print(screen, '1: Pulling from library/a');
  tty.event(layer(1, 'queued'), 0);
  tty.event(layer(2, 'queued'), 0);
  tty.event(layer(3, 'exists'), 0);
  tty.event(layer(1, 'started'), 0);
  tty.tick(0);
  assert.equal(
    screen.text,
    `1: Pulling from library/a
000000000001: Downloading [${'>'.padEnd(37)}]       0B/45MB
000000000002: Pulling fs layer
000000000003: Already exists
Total: 45MB of 135MB (33%), 1 of 3 layers
`,
  );
  tty.event(bytes(1, 22_500_000), 1000);
  tty.event(layer(2, 'started', 9_000_000), 1000);
  tty.tick(1000);
  assert.equal(
    screen.text,
    `1: Pulling from library/a
000000000001: Downloading [${`${'='.repeat(18)}>`.padEnd(37)}]   22.5MB/45MB
000000000002: Resuming    [${`${'='.repeat(7)}>`.padEnd(37)}]      9MB/45MB
000000000003: Already exists
Total: 76.5MB of 135MB (56%), 22.5MB/s, 3s left, 1 of 3 layers
`,
  );
  tty.event(layer(1, 'verifying', SIZE), 2000);
  tty.event(
    {
      kind: 'blob-retry',
      digest: digestOf(2),
      role: 'layer',
      attempt: 1,
      delay: 3000,
      received: 9_500_000,
      reason: 'cut',
    },
    2000,
  );
  tty.tick(2100);
  assert.match(screen.text, /^000000000001: Verifying Checksum$/m);
  assert.match(screen.text, /^000000000002: Retrying in 3 seconds \(cut, 9\.5MB of 45MB kept\)$/m);
  tty.event(layer(1, 'done', SIZE), 5000);
  tty.event(layer(2, 'done', SIZE), 5000);
  tty.event(done, 5000);
  for (const line of ['000000000001: Pull complete', 'Digest: x']) tty.print(screen, line);
  tty.end(true, 5000);
  assert.equal(screen.text, '1: Pulling from library/a\n000000000001: Pull complete\nDigest: x\n');
});

test('nothing is drawn where nothing is fetched, nor twice where nothing has changed', () => {
  const screen = new Screen(80, 24);
  const tty = createTty(screen);
  tty.event(layer(1, 'exists'), 0);
  tty.tick(0);
  tty.event(done, 1);
  tty.end(true, 2);
  assert.equal(screen.writes, 0);
  const other = createTty(screen);
  other.event(layer(1, 'queued'), 0);
  other.tick(0);
  other.tick(100);
  other.tick(200);
  assert.equal(screen.writes, 1);
});

test('what is printed meanwhile goes above the bars', () => {
  const screen = new Screen(80, 24);
  const tty = createTty(screen);
  tty.event(layer(1, 'queued'), 0);
  tty.tick(0);
  tty.print(screen, 'WARNING: one');
  tty.print(screen, 'WARNING: two');
  tty.tick(100);
  assert.equal(
    screen.text,
    'WARNING: one\nWARNING: two\n000000000001: Pulling fs layer\nTotal: 0B of 45MB (0%), 0 of 1 layer\n',
  );
});

test('more layers than lines: those that move, and a count of the rest', () => {
  const screen = new Screen(80, 6);
  const tty = createTty(screen);
  for (let number = 1; number <= 40; number += 1) tty.event(layer(number, number <= 10 ? 'exists' : 'queued'), 0);
  tty.event(layer(20, 'started'), 0);
  tty.event(layer(40, 'started'), 0);
  tty.event(layer(11, 'done', SIZE), 0);
  tty.tick(0);
  const [first, second, third, others, total, rest] = screen.lines;
  assert.match(first ?? '', /^000000000012: Pulling fs layer/);
  assert.match(second ?? '', /^000000000020: Downloading/);
  assert.match(third ?? '', /^000000000040: Downloading/);
  assert.equal(others, '... and 37 more: 26 to come, 11 complete');
  assert.match(total ?? '', /^Total: /);
  assert.equal(rest, '');
  for (let now = 100; now < 3000; now += 100) {
    tty.event(bytes(20, now * 1000), now);
    tty.tick(now);
  }
  assert.equal(screen.lines.length, 6, 'the screen has not scrolled');
});

test('no line is wider than the terminal, however narrow', () => {
  for (const columns of [1, 10, 20, 40, 60, 80, 120, 200]) {
    const screen = new Screen(columns, 10);
    const tty = createTty(screen);
    tty.event(layer(1, 'queued'), 0);
    tty.event(layer(1, 'started', 1000), 0);
    tty.event(bytes(1, 20_640_000), 1000);
    tty.event(layer(2, 'waiting'), 0);
    tty.tick(1000);
    tty.tick(1200);
    assert.equal(screen.lines.length, 4, `${columns} columns`);
    assert.ok(
      screen.lines.every((line) => line.length < Math.max(2, columns)),
      `${columns} columns`,
    );
  }
});

test('a terminal that becomes narrower and wider again keeps its lines in order', () => {
  const screen = new Screen(100, 24);
  const tty = createTty(screen);
  tty.print(screen, 'before');
  tty.event(layer(1, 'started'), 0);
  tty.event(bytes(1, 9_000_000), 100);
  tty.tick(100);
  screen.resize(50);
  tty.event(bytes(1, 18_000_000), 200);
  tty.tick(200);
  assert.deepEqual(
    screen.lines.map((line) => line.slice(0, 12)),
    ['before', '000000000001', 'Total: 18MB ', ''],
  );
  screen.resize(120);
  tty.tick(300);
  assert.equal(screen.lines.length, 4);
});

test('of a pull that failed the layers stay as they stood', () => {
  const screen = new Screen(80, 24);
  const tty = createTty(screen);
  tty.event(layer(1, 'done', SIZE), 0);
  tty.event(layer(2, 'failed'), 0);
  tty.event(layer(3, 'failed', SIZE / 2), 0);
  tty.tick(0);
  tty.end(false, 100);
  screen.write('dray: it broke\n');
  assert.equal(
    screen.text,
    '000000000001: Pull complete\n000000000002: Failed\n000000000003: Stopped at 22.5MB of 45MB\ndray: it broke\n',
  );
});
