import { setImmediate as pause } from 'node:timers/promises';

/** How many are looked at at once. */
const STRIDE = 32;

/**
 * What `look` says of each, in their order. Others are answered in between: a storage that need not wait would keep them waiting while it looks
 * at thousands.
 */
export async function inStrides<Item, Found>(
  items: readonly Item[],
  look: (item: Item) => Promise<Found>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let at = 0; at < items.length; at += STRIDE) {
    if (at > 0) await pause();
    found.push(...(await Promise.all(items.slice(at, at + STRIDE).map(look))));
  }
  return found;
}
