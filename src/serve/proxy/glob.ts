/**
 * A test for names of repositories: `*` stands for anything within one segment, `**` for anything at all, every other character for itself. A glob
 * that ends with `/**` has what stands before it too.
 */
export function repositoryGlob(glob: string): (name: string) => boolean {
  const open = glob.endsWith('/**') ? glob.slice(0, -3) : undefined;
  const source = (open ?? glob)
    .split(/(\*+)/)
    .map((part) => (part === '*' ? '[^/]*' : part.startsWith('*') ? '.*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  const pattern = new RegExp(`^${source}${open === undefined ? '' : '(?:/.*)?'}$`, 's');
  return (name) => pattern.test(name);
}
