/** Whether an If-None-Match header names this digest: quoted, as HTTP has it, or bare, as old clients write it. */
export function matchesEtag(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((each) => {
    const tag = each.trim().replace(/^W\//, '');
    return tag === '*' || tag === digest || tag === `"${digest}"`;
  });
}
