import type { ImageFile } from '#image';

const TYPES = { file: '-', directory: 'd', symlink: 'l', character: 'c', block: 'b', fifo: 'p' } as const;

/** Files as `tar -tv` with numeric owners shows them, in columns: mode, owner, size, time (UTC), name and where links lead. */
export function longLines(files: readonly ImageFile[], nameOf: (file: ImageFile) => string): string {
  const rows = files.map((file) => ({
    mode: modeText(file),
    owner: `${file.uid}/${file.gid}`,
    size: file.device === undefined ? String(file.size) : `${file.device.major},${file.device.minor}`,
    time: timeText(file.mtime),
    name: `${nameOf(file)}${leadsTo(file)}`,
  }));
  const widest = (of: 'owner' | 'size'): number => rows.reduce((width, row) => Math.max(width, row[of].length), 0);
  const owner = widest('owner');
  const size = widest('size');
  return rows
    .map((row) => `${row.mode} ${row.owner.padEnd(owner)} ${row.size.padStart(size)} ${row.time} ${row.name}\n`)
    .join('');
}

/** `-rwxr-sr-x`; `h` stands for a hard link, as in tar. */
export function modeText({ type, mode, hardLink }: Pick<ImageFile, 'type' | 'mode' | 'hardLink'>): string {
  const bits = (shift: number, special: number, letter: string): string => {
    const part = mode >> shift;
    const runs = (part & 1) !== 0;
    const last = (mode & special) === 0 ? (runs ? 'x' : '-') : runs ? letter : letter.toUpperCase();
    return `${part & 4 ? 'r' : '-'}${part & 2 ? 'w' : '-'}${last}`;
  };
  const first = hardLink === undefined ? TYPES[type] : 'h';
  return `${first}${bits(6, 0o4000, 's')}${bits(3, 0o2000, 's')}${bits(0, 0o1000, 't')}`;
}

/** Times that no calendar has are shown as numbers. */
function timeText(seconds: number): string {
  const date = new Date(Math.floor(seconds) * 1000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0) return `@${seconds}`;
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

function leadsTo({ link, hardLink }: ImageFile): string {
  if (link !== undefined) return ` -> ${escapedName(link)}`;
  return hardLink === undefined ? '' : ` link to ${escapedName(hardLink)}`;
}

/** What a terminal may take as a command, bytes that are no text, line separators, marks that reorder text or have no width, and the backslash itself. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b-\u200f\u2060-\u2069\ufeff\\]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

/** A name as tar and `ls -b` show it: what could be more than text is written as `\n` or `\033`. */
export function escapedName(name: string): string {
  return name.replace(UNSAFE, (character) => SHORT[character] ?? octal(character));
}

/** Bytes of a name that are no UTF-8 stand in it as lone surrogates, U+DC80 to U+DCFF. */
function octal(character: string): string {
  const code = character.charCodeAt(0);
  const bytes = code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : Buffer.from(character);
  return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
