import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { show } from './engine-differences.ts';
import type { EngineHost } from './engine-host.ts';
import { mask, type Said, said } from './engine-mask.ts';

/** A command, and what Docker's made of it. */
export interface Recorded {
  readonly name: string;
  readonly command: string;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Play {
  /** Typed instead, where the recorded line is about places that are not here. */
  readonly line?: string;
  /** What is taken out of both, with the reason beside it in the script. */
  readonly without?: RegExp;
  /** Typed before, and must succeed. */
  readonly first?: string;
}

export interface Stage {
  readonly engine: EngineHost;
  /** In place of the recorded `localhost:5000`. */
  readonly registry: string;
  readonly recordings: ReadonlyMap<string, Recorded>;
  /** The recordings are of Docker's containerd store. */
  readonly isTerse?: boolean;
}

/** Recordings by name; `store` is the way in which that engine kept images. */
export function readRecordings(store: 'graph' | 'containerd'): ReadonlyMap<string, Recorded> {
  const url = new URL(`../../test/interop/engine-recorded/${store}-store.json`, import.meta.url);
  const all = JSON.parse(readFileSync(url, 'utf8')) as readonly Recorded[];
  return new Map(all.map((recorded) => [recorded.name, recorded]));
}

/** Types recorded commands, in the order of the script, at an engine; gives those of which it makes docker say something else. */
export async function replay(
  { engine, registry, recordings, isTerse = false }: Stage,
  script: readonly (readonly [name: string, play?: Play])[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, { line, without, first } = {}] of script) {
    const recorded = recordings.get(name);
    assert.ok(recorded !== undefined, `${name} is not recorded`);
    const here = (text: string): string => text.replaceAll('localhost:5000', registry);
    if (first !== undefined) {
      const { status, stderr } = await engine.type(here(first));
      assert.equal(status, 0, `${first}: ${stderr}`);
    }
    const typed = here(line ?? recorded.command);
    const bare = (text: string): string => (without === undefined ? text : text.replaceAll(without, ''));
    const before = inOrder({
      exit: recorded.exit,
      stdout: bare(mask(recorded.stdout, { registry: 'localhost:5000', isTerse })),
      stderr: bare(mask(recorded.stderr, { registry: 'localhost:5000', isTerse })),
    });
    const ended = said(await engine.type(typed), { registry, isTerse });
    const now = inOrder({ ...ended, stdout: bare(ended.stdout), stderr: bare(ended.stderr) });
    if (before.exit !== now.exit || before.stdout !== now.stdout || before.stderr !== now.stderr) {
      found.push(`${name}: $ ${typed}\n${show(before, now)}`);
    }
  }
  return found;
}

/** Rows of a listing come in an order that Docker leaves to chance where images are as old as each other; recordings end without a line's end. */
function inOrder({ exit, stdout, stderr }: Said): Said {
  const isListing = /^(?:REPOSITORY|\{"Containers")/.test(stdout);
  const rows = stdout.trimEnd();
  return { exit, stdout: isListing ? rows.split('\n').toSorted().join('\n') : rows, stderr: stderr.trimEnd() };
}
