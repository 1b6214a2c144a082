import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { DrayError } from '#errors';
import type { PaxRecords } from '../../tar/pax.ts';
import { encodeRaw } from '../../tar/raw-text.ts';
import { systemTool } from './system-tool.ts';

const RECORD = 'SCHILY.xattr.';
/** What the tool takes as a name without quoting; overlayfs would follow its own attributes to other places. */
const NAME = /^(?!(?:trusted|user)\.overlay\.)(?:user|trusted|security|system)\.[!-<>-[\]-~]{1,240}$/;
/** Largest value that Linux takes, in base64. */
const LONGEST_VALUE = 4 * Math.ceil(65_536 / 3);
/** Of all values of an image together: they may have to be remembered. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Files that are held open until their attributes are set: one process does it for them all. */
const MOST_WAITING = 128;

/** Extended attributes by name, in base64. */
export type Xattrs = Readonly<Record<string, string>>;

interface Waiting {
  readonly fd: number;
  readonly xattrs: Xattrs;
  readonly onLost: (xattrs: Xattrs) => void;
}

/** The records of extended attributes among those of an entry: what is kept of it. */
export function xattrRecords(pax: PaxRecords): PaxRecords {
  return new Map([...pax].filter(([key]) => key.startsWith(RECORD)));
}

/** The attributes that an entry's records name; undefined where there are none. */
export function xattrsOf(pax: PaxRecords): Xattrs | undefined {
  if (pax.size === 0) return undefined;
  const found = [...pax].filter(([key]) => key.startsWith(RECORD));
  if (found.length === 0) return undefined;
  const named = found.map(([key, value]) => [
    key.slice(RECORD.length),
    Buffer.from(encodeRaw(value)).toString('base64'),
  ]);
  return Object.fromEntries(named) as Xattrs;
}

/** Sets extended attributes with the system's setfattr, since Node has no call for it, on many files at a time. */
export class XattrSetter {
  readonly #tool: string | undefined = process.platform === 'linux' ? systemTool('setfattr') : undefined;
  #waiting: Waiting[] = [];
  #left = MOST_BYTES;

  /**
   * Sets them on an open file, now or later, and closes it then. `onLost` hears of those that could not be set.
   * @returns false where nothing is set, and the file is still the caller's
   */
  set(fd: number, xattrs: Xattrs, onLost: (xattrs: Xattrs) => void): boolean {
    const isAble = ([name, value]: readonly [string, string]): boolean =>
      NAME.test(name) && value.length <= LONGEST_VALUE;
    const able = this.#tool === undefined ? [] : Object.entries(xattrs).filter(isAble);
    const lost = Object.entries(xattrs).filter(([name]) => !able.some(([one]) => one === name));
    if (lost.length > 0) onLost(Object.fromEntries(lost));
    if (able.length === 0) return false;
    this.#waiting.push({ fd, xattrs: Object.fromEntries(able), onLost });
    if (this.#waiting.length >= MOST_WAITING) this.flush();
    return true;
  }

  /** Counts what an image has of them. Throws TOO_LARGE where it is more than any has. */
  count(pax: PaxRecords): void {
    if (pax.size === 0) return;
    for (const [key, value] of pax) if (key.startsWith(RECORD)) this.#left -= key.length + value.length;
    if (this.#left >= 0) return;
    throw new DrayError('TOO_LARGE', `the image has more than ${MOST_BYTES} bytes of extended attributes`, {
      detail: { most: MOST_BYTES },
    });
  }

  /** Sets all that waits. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    try {
      this.#run(waiting);
    } finally {
      for (const { fd } of waiting) closeSync(fd);
    }
  }

  /** Lets go of the files that wait. */
  abandon(): void {
    for (const { fd } of this.#waiting.splice(0)) closeSync(fd);
  }

  /** The files are named by their descriptors in this process, so that the tool finds these and no others. */
  #run(waiting: readonly Waiting[]): void {
    const blocks = waiting.map(({ fd, xattrs }) =>
      [`# file: ${pathOf(fd)}`, ...Object.entries(xattrs).map(([name, value]) => `${name}=0s${value}`), '', ''].join(
        '\n',
      ),
    );
    const { status, stderr } = spawnSync(this.#tool ?? '', ['--restore=-'], {
      input: blocks.join(''),
      env: { LC_ALL: 'C' },
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status === 0) return;
    const said = String(stderr);
    const failed = waiting.filter(({ fd }) => said.includes(`${pathOf(fd)}: `));
    // Of a file with several, the tool does not say which: all of them are named.
    for (const { xattrs, onLost } of failed.length > 0 ? failed : waiting) onLost(xattrs);
  }
}

function pathOf(fd: number): string {
  return `/proc/${process.pid}/fd/${fd}`;
}
