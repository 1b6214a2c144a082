import type * as yamlPackage from 'yaml';
import type { Document, LineCounter, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { DrayError } from '#errors';
import type { ConfigMap, ConfigNode } from './config-node.ts';

type Yaml = typeof yamlPackage;

/** Bytes of a configuration; people write less. */
const SIZE_LIMIT = 2 ** 20;
/** Nodes when every alias is written out. */
const NODE_LIMIT = 20_000;
const DEPTH_LIMIT = 40;

/**
 * Reads a YAML document. Aliases and merge keys count as if they were written out, up to a limit. Rejects with INVALID_CONFIGURATION, which
 * names the line, and shows nothing of what stands there: it may be a secret.
 * @param name what the text is called in messages
 */
export async function parseYaml(text: string, name: string): Promise<ConfigNode> {
  if (text.length > SIZE_LIMIT) throw new DrayError('INVALID_CONFIGURATION', `${name} is larger than 1 MiB`);
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  if (documents.length > 1) throw new DrayError('INVALID_CONFIGURATION', `${name} has more than one YAML document`);
  const [document] = documents as readonly Document.Parsed[];
  if (document === undefined) return { kind: 'scalar', at: name, text: undefined };
  const [error] = document.errors;
  if (error !== undefined) {
    throw fault(name, lines.linePos(error.pos[0]).line, `no YAML: ${error.message.replace(/:\s.*$/s, '')}`);
  }
  return new Walk(yaml, document, lines, name).node(document.contents, 0);
}

function fault(name: string, line: number, what: string): DrayError {
  return new DrayError('INVALID_CONFIGURATION', `${name} line ${line}: ${what}`);
}

class Walk {
  readonly #yaml: Yaml;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #name: string;
  #count = 0;

  constructor(yaml: Yaml, document: Document.Parsed, lines: LineCounter, name: string) {
    this.#yaml = yaml;
    this.#document = document;
    this.#lines = lines;
    this.#name = name;
  }

  node(node: Node | null, depth: number): ConfigNode {
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml;
    this.#count += 1;
    if (this.#count > NODE_LIMIT || depth > DEPTH_LIMIT) throw this.#fault(node, 'too much is written here');
    const at = `${this.#name} line ${this.#line(node)}`;
    if (isAlias(node)) {
      const meant = node.resolve(this.#document);
      if (meant === undefined) throw this.#fault(node, 'an alias of nothing');
      return this.node(meant, depth + 1);
    }
    if (isMap(node)) return this.#map(node, at, depth);
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => this.node(item as Node, depth + 1)) };
    if (!isScalar(node) || node.value === null) return { kind: 'scalar', at, text: undefined };
    return {
      kind: 'scalar',
      at,
      text: wordOf(node),
    };
  }

  #map(map: YAMLMap, at: string, depth: number): ConfigMap {
    const entries = new Map<string, ConfigNode>();
    const merged = new Map<string, ConfigNode>();
    for (const { key, value } of map.items as readonly Pair<Node, Node | null>[]) {
      if (!this.#yaml.isScalar(key)) throw this.#fault(key, 'a key is a plain word');
      const name = wordOf(key);
      // what stands on the next line is told by the line of its key
      const node =
        value?.range === undefined
          ? { ...this.node(null, depth), at: `${this.#name} line ${this.#line(key)}` }
          : this.node(value, depth + 1);
      if (name === '<<') this.#merge(node, key, merged);
      else entries.set(name, node.kind === 'scalar' ? node : { ...node, at: `${this.#name} line ${this.#line(key)}` });
    }
    return { kind: 'map', at, entries: new Map([...merged, ...entries]) };
  }

  /** Of several that are merged the first one counts: https://yaml.org/type/merge.html */
  #merge(node: ConfigNode, key: Node, into: Map<string, ConfigNode>): void {
    for (const source of node.kind === 'list' ? node.items : [node]) {
      if (source.kind !== 'map') throw this.#fault(key, 'only maps can be merged');
      for (const [name, value] of source.entries) if (!into.has(name)) into.set(name, value);
    }
  }

  #line(node: Node | null): number {
    return this.#lines.linePos(node?.range?.[0] ?? 0).line;
  }

  #fault(node: Node | null, what: string): DrayError {
    return fault(this.#name, this.#line(node), what);
  }
}

/** As it was written: 0.1 and 007 are no numbers here. */
function wordOf({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? JSON.stringify(value));
}

/** Whether a text is a plain word in YAML too, so that nothing has to be parsed. */
export function isPlainYaml(text: string): boolean {
  return !/^[\s[\]{}"'&*!|>%@`#?-]|: |:$|\s#|\s$|[\r\n]/.test(text);
}
