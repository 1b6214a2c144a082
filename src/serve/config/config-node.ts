/** What a configuration says, before anything is known of its meaning: a tree whose every part knows where it was written. */
export type ConfigNode = ConfigMap | ConfigList | ConfigScalar;

export interface ConfigMap {
  readonly kind: 'map';
  readonly at: string;
  readonly entries: ReadonlyMap<string, ConfigNode>;
}

export interface ConfigList {
  readonly kind: 'list';
  readonly at: string;
  readonly items: readonly ConfigNode[];
}

export interface ConfigScalar {
  readonly kind: 'scalar';
  /** For people: `config.yml line 12`, `REGISTRY_HTTP_ADDR`. */
  readonly at: string;
  /** As it was written, without quotes. Undefined: nothing, which is the same as not to name the key. */
  readonly text: string | undefined;
}

export function emptyMap(at: string): ConfigMap {
  return { kind: 'map', at, entries: new Map() };
}

/** A name alone stands for a part of that name with nothing said in it: `auth: htpasswd`. */
export function asMap(node: ConfigNode): ConfigMap | undefined {
  if (node.kind === 'map') return node;
  if (node.kind === 'list') return undefined;
  const { at, text } = node;
  return { kind: 'map', at, entries: new Map(text === undefined ? [] : [[text, emptyMap(at)]]) };
}

/** Whether it says nothing. */
export function isNothing(node: ConfigNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.text === undefined);
}
