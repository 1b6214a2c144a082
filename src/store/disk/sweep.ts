import type { Clock } from '#timing';
import type { Files } from './files.ts';

/** Older than any write that is still going on. */
const DAY = 24 * 60 * 60 * 1000;

/**
 * Removes what killed processes have left and nobody can go on with: temporary files, claims, partials and locks of blobs that are
 * there. Partials of blobs that are missing stay, for the next run.
 */
export function sweepIngest(files: Files, clock: Clock): void {
  const folder = files.path('ingest');
  for (const name of files.list(folder)) {
    if (!isGarbage(files, name)) continue;
    const path = files.path('ingest', name);
    const stat = files.fs.statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && clock.now() - stat.mtimeMs > DAY) files.remove(path);
  }
}

function isGarbage(files: Files, name: string): boolean {
  if (name.endsWith('.tmp') || name.endsWith('.claim')) return true;
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]+)\.(?:.*\.)?(?:part|lock)$/.exec(name) ?? [];
  if (algorithm === undefined || hex === undefined) return false;
  return files.fs.statSync(files.path('blobs', algorithm, hex), { throwIfNoEntry: false }) !== undefined;
}

/** Removes what is remembered of layers that are not there: it can be found out again. */
export function sweepHints(files: Files): void {
  for (const { path, blob } of hints(files)) {
    if (files.fs.statSync(blob, { throwIfNoEntry: false }) === undefined) files.remove(path);
  }
}

/** Makes room for a lock on a disk that is full: without one nothing could be removed. False where there is nothing to spare. */
export function dropHint(files: Files): boolean {
  for (const { path } of hints(files)) if (files.remove(path)) return true;
  return false;
}

function* hints(files: Files): Generator<{ readonly path: string; readonly blob: string }, void, undefined> {
  for (const kind of ['facts', 'compressed']) {
    for (const algorithm of ['sha256', 'sha512']) {
      for (const name of files.list(files.path(kind, algorithm))) {
        const [, hex] = /^([0-9a-f]+)\.json$/.exec(name) ?? [];
        const path = files.path(kind, algorithm, name);
        if (hex !== undefined) yield { path, blob: files.path('blobs', algorithm, hex) };
      }
    }
  }
}
