/**
 * What docker, crane, skopeo, regctl and oras call what dray has under another name, after `dray ` as it would be typed, and the
 * line for it. Only words that are none of dray's own and too far from them to be taken for a slip.
 */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'artifact attach': 'artifact push',
  'artifact discover': 'referrers',
  'artifact list': 'referrers',
  cp: 'copy',
  clean: 'prune',
  daemon: 'engine',
  discover: 'referrers',
  dockerd: 'engine',
  download: 'pull',
  du: 'df',
  extract: 'unpack',
  fetch: 'pull',
  'garbage-collect': 'registry gc',
  gc: 'prune',
  'image config': 'config',
  'image copy': 'copy',
  'image cp': 'copy',
  'image delete': 'delete',
  'image diff': 'diff',
  'image digest': 'digest',
  'image manifest': 'manifest',
  'image validate': 'validate',
  'index add': 'index append',
  'index delete': 'index remove',
  'index inspect': 'manifest',
  'index list': 'manifest',
  list: 'images',
  'list-tags': 'tags',
  'registry delete': 'registry rm',
  'registry garbage-collect': 'registry gc',
  'registry prune': 'registry gc',
  'registry serve': 'serve',
  remove: 'rmi',
  repo: 'catalog',
  repository: 'catalog',
  rm: 'rmi',
  sync: 'copy --all',
  'system gc': 'prune',
  verify: 'validate',
};

/** Of docker's words those that are about containers and building. */
export const CONTAINERS: ReadonlySet<string> = new Set(
  (
    'attach build builder buildx commit compose container create events exec info kill logs network node pause plugin port ps ' +
    'rename restart run service stack start stats stop swarm top unpause update volume wait'
  ).split(' '),
);

/** What to type in place of `words`, the words after `dray`, where others have a command of that name; undefined where none has. */
export function elsewhere(words: string): string | undefined {
  if (Object.hasOwn(ELSEWHERE, words)) return `That is 'dray ${ELSEWHERE[words]}' here.`;
  return CONTAINERS.has(words) ? 'dray has images alone: it builds none and runs no containers.' : undefined;
}
