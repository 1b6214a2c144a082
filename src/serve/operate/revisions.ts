import { join } from 'node:path';
import { type Digest, isDigest, isJsonObject, type JsonValue } from '#oci';
import type { RegistryTree } from './tree.ts';
import { recover } from './withdraw.ts';

/** A manifest of a repository, as much of it as matters to what is needed. */
export interface Revision {
  readonly digest: Digest;
  /** When its link was made or last touched, in milliseconds since the epoch. */
  readonly touched: number;
  /** Every digest in it, whatever it is there for: what is not understood is not taken away. Undefined: its bytes are not there. */
  readonly names: ReadonlySet<Digest> | undefined;
  readonly subject: Digest | undefined;
}

const DIGESTS = /sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})/g;

/** The manifests of a repository. What an earlier run took away and did not decide on comes back, unless it is a dry run. */
export async function* readRevisions(
  tree: RegistryTree,
  repository: string,
  dryRun: boolean,
): AsyncGenerator<Revision> {
  for await (const digest of tree.digests(tree.paths.revisions(repository))) {
    const stat = recover(tree, join(tree.paths.revision(repository, digest), 'link'), dryRun);
    if (stat !== undefined) yield open(tree, digest, stat.mtimeMs);
  }
}

/** Those that have come, or were touched, since others were read. */
export async function* lateRevisions(
  tree: RegistryTree,
  repository: string,
  isKnown: (digest: Digest, touched: number) => boolean,
): AsyncGenerator<Revision> {
  for await (const digest of tree.digests(tree.paths.revisions(repository))) {
    const stat = tree.stat(join(tree.paths.revision(repository, digest), 'link'));
    if (stat !== undefined && !isKnown(digest, stat.mtimeMs)) yield open(tree, digest, stat.mtimeMs);
  }
}

function open(tree: RegistryTree, digest: Digest, touched: number): Revision {
  const data = tree.data(digest);
  const text = tree.text(data) ?? tree.text(tree.paths.trashed(digest)) ?? tree.text(data);
  return { digest, touched, ...read(digest, text) };
}

function read(own: Digest, text: string | undefined): Pick<Revision, 'names' | 'subject'> {
  if (text === undefined) return { names: undefined, subject: undefined };
  const document = text.includes('\\') || text.includes('"subject"') ? parse(text) : undefined;
  // Characters of a digest may be written as escapes.
  const plain = document !== undefined && text.includes('\\') ? JSON.stringify(document) : text;
  const found: readonly string[] = plain.match(DIGESTS) ?? [];
  const names = new Set(found.filter(isDigest).map(detached));
  names.delete(own);
  const subject =
    isJsonObject(document) && isJsonObject(document['subject']) ? document['subject']['digest'] : undefined;
  return { names, subject: typeof subject === 'string' && isDigest(subject) ? subject : undefined };
}

/** A part of a text holds on to all of it; this one does not. */
function detached(digest: Digest): Digest {
  return Buffer.from(digest, 'latin1').toString('latin1') as Digest;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
