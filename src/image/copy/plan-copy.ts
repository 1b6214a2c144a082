import type { Descriptor } from '#oci';
import { isLeftOut, type Taken, workOf } from './copied.ts';
import { type CopyResult, resultOf } from './copy-result.ts';
import type { Destination } from './destination.ts';
import { keyOf } from './target-name.ts';
import type { NamedSelection } from './to-archive.ts';

/** What a copy would do: asks the target what it has, and changes nothing. */
export async function planCopy(
  lists: readonly (readonly NamedSelection[])[],
  destination: Destination,
): Promise<readonly CopyResult[]> {
  return destination.look(async (has) => {
    const results: CopyResult[] = [];
    for (const list of lists) {
      const taken: Taken[] = [];
      for (const one of list) taken.push(await planOne(one, destination, has));
      results.push(resultOf(list, taken, { target: destination.what, dryRun: true }));
    }
    return results;
  });
}

async function planOne(
  { selection, names }: NamedSelection,
  { kind, reference }: Destination,
  has: (target: Descriptor) => Promise<boolean>,
): Promise<Taken> {
  // Whether the registry will mount it is seen when it is asked to.
  const isSibling = reference !== undefined && selection.image.reference?.domain === reference.domain;
  const blobs = new Map(workOf(selection).map(({ target }) => [target.digest, target]));
  const planned = await Promise.all(
    [...blobs.values()].map(async (descriptor) => {
      if (kind === 'registry' && isLeftOut(descriptor)) return { descriptor, outcome: 'skipped' as const };
      if (await has(descriptor)) return { descriptor, outcome: 'present' as const };
      return { descriptor, outcome: isSibling ? ('mounted' as const) : ('copied' as const) };
    }),
  );
  return { root: selection.root, names: names.map(keyOf), blobs: planned };
}
