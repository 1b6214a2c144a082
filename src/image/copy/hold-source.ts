import type { CallOptions } from '#content';
import type { Places } from '../places.ts';
import { holdIn } from '../stored/hold.ts';
import { workOf } from './copied.ts';
import type { Selection } from './selection.ts';

/** Does work for which what comes from the store has to stay there, whatever is removed meanwhile. */
export async function holdingSource<T>(
  selections: readonly Selection[],
  places: Places,
  { signal }: CallOptions,
  work: () => Promise<T>,
): Promise<T> {
  const stored = selections.filter(({ image }) => image.place === 'store');
  if (stored.length === 0) return work();
  const lease = holdIn(await places.store());
  try {
    const content = stored.flatMap((selection) => [
      ...selection.nodes.map(({ descriptor }) => descriptor),
      ...workOf(selection).map(({ target }) => target),
    ]);
    await lease.add(content, { signal });
    return await work();
  } finally {
    await lease.release();
  }
}
