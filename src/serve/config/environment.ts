import { asMap, type ConfigNode, emptyMap } from './config-node.ts';
import { isPlainYaml, parseYaml } from './parse-yaml.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'REGISTRY_';
/** Begin with REGISTRY_, and are about something else: podman's credentials, and where the configuration itself is. */
const OTHERS = new Set(['REGISTRY_AUTH_FILE', 'REGISTRY_CONFIGURATION_PATH']);

/**
 * What the REGISTRY_ names of distribution say, put over `base`: REGISTRY_HTTP_ADDR is `http.addr`, REGISTRY_NOTIFICATIONS_ENDPOINTS_0_URL that of
 * the first endpoint; a value may be YAML. Undefined: there is no such name. Rejects with INVALID_CONFIGURATION, which names the variable.
 */
export async function overlayEnvironment(
  env: Environment,
  base: ConfigNode | undefined,
): Promise<ConfigNode | undefined> {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !OTHERS.has(name));
  // what is said of a whole comes before what is said of its parts
  const inOrder = names.toSorted((a, b) => a.split('_').length - b.split('_').length || (a < b ? -1 : 1));
  let tree = base;
  for (const name of inOrder) {
    const value = env[name] ?? '';
    if (value === '') continue;
    const words = name.slice(PREFIX.length).toLowerCase().split('_');
    const node = isPlainYaml(value)
      ? ({ kind: 'scalar', at: name, text: value } as const)
      : renamed(await parseYaml(value, name), name);
    tree = withValue(tree, words, node, name);
  }
  return tree;
}

/** The tree with `value` where `words` lead. */
function withValue(tree: ConfigNode | undefined, words: readonly string[], value: ConfigNode, at: string): ConfigNode {
  const [word, ...rest] = words;
  if (word === undefined) return value;
  const index = /^\d{1,3}$/.test(word) ? Number(word) : undefined;
  const items = tree?.kind === 'list' ? tree.items : [];
  if (index !== undefined && index <= items.length && (tree === undefined || tree.kind === 'list')) {
    const item = withValue(items[index], rest, value, at);
    return { kind: 'list', at: tree?.at ?? at, items: [...items.slice(0, index), item, ...items.slice(index + 1)] };
  }
  const { at: place, entries } = (tree && asMap(tree)) ?? emptyMap(at);
  const key = [...entries.keys()].find((name) => name.toLowerCase() === word) ?? word;
  return {
    kind: 'map',
    at: place,
    entries: new Map([...entries, [key, withValue(entries.get(key), rest, value, at)]]),
  };
}

/** Lines of a variable tell nothing. */
function renamed(node: ConfigNode, at: string): ConfigNode {
  if (node.kind === 'scalar') return { ...node, at };
  if (node.kind === 'list') return { ...node, at, items: node.items.map((item) => renamed(item, at)) };
  return { ...node, at, entries: new Map([...node.entries].map(([key, value]) => [key, renamed(value, at)])) };
}
