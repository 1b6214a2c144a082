import { oneLine } from './printable.ts';

/** `path` as a shell takes it back, and no program takes it for a flag. */
export function shellWord(path: string): string {
  const word = oneLine(path.startsWith('-') ? `./${path}` : path);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
