/** The name of an entry as a key: without `./`, a slash at either end or a doubled one. Undefined where it has a `..`. */
export function keyOf(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

/** What a symbolic link at `key` leads to; undefined where that is not in the archive. */
export function keyOfLink(key: string, target: string): string | undefined {
  if (target.startsWith('/')) return undefined;
  const parts = key.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}
