import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as given from './for-command.ts';

/** The rooms that the bundle has apart from this one. */
const TAKERS = ['cli', 'daemon'];
const DOOR = "'#serve'";
const IMPORTED = new RegExp(`^import \\{([^}]*)\\} from ${DOOR};`, 'gm');
const LOADED = new RegExp(`const \\{([^}]*)\\} = await import\\(${DOOR}\\)`, 'g');

test('the bundle has what its other files take of this room', () => {
  const src = fileURLToPath(new URL('../../src/', import.meta.url));
  const files = TAKERS.flatMap((room) =>
    readdirSync(join(src, room), { recursive: true }).map((name) => join(src, room, String(name))),
  );
  const sources = files
    .filter((file) => /(?<!\.test|\.fixture)\.ts$/.test(file))
    .map((file) => readFileSync(file, 'utf8'));
  const lists = sources.flatMap((text) => [
    ...[...text.matchAll(IMPORTED)].map(([, names = '']) => names),
    ...[...text.matchAll(LOADED)].map(([, names = '']) => names),
  ]);
  const taken = lists.flatMap((names) => names.split(',').map((name) => name.trim()));
  const values = taken.filter((name) => name !== '' && !name.startsWith('type '));
  assert.ok(values.length > 5);
  assert.deepEqual(
    values.filter((name) => !(name in given)),
    [],
  );
});
