import type { Digest } from '#oci';
import type { LayerFacts } from '../layer-check.ts';
import { digestNames } from './blobs.ts';
import type { Files } from './files.ts';

/** What was found out about the layer, or undefined. What can't be understood is as good as not there: it can be found out again. */
export function readFacts(files: Files, digest: Digest): LayerFacts | undefined {
  const text = files.read(factsPath(files, digest));
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<LayerFacts> | null;
    if (typeof value?.diffId !== 'string' || !Number.isSafeInteger(value.size)) return undefined;
    digestNames(value.diffId);
    const { diffId, size, content } = value as LayerFacts;
    return { diffId, size, ...(Number.isSafeInteger(content) && { content }) };
  } catch {
    return undefined;
  }
}

export async function writeFacts(files: Files, digest: Digest, facts: LayerFacts): Promise<void> {
  const { diffId, size, content } = facts;
  await files.replace(factsPath(files, digest), `${JSON.stringify({ diffId, size, content })}\n`);
}

export function removeFacts(files: Files, digest: Digest): void {
  files.remove(factsPath(files, digest));
}

function factsPath(files: Files, digest: Digest): string {
  const [algorithm, hex] = digestNames(digest);
  return files.path('facts', algorithm, `${hex}.json`);
}
