import { isPlace } from '#image';
import type { Call } from '../command.ts';

/** What a push is about: where the image is, where that is not the store, and its names. */
export interface PushedNames {
  readonly from: string | undefined;
  readonly names: readonly string[];
}

/** The first of several operands may be a file or a folder. Rejects with NOT_FOUND for a path at which there is nothing. */
export function pushedNames({ operands }: Pick<Call<object>, 'operands'>): PushedNames {
  const [first, ...others] = operands;
  if (first !== undefined && others.length > 0 && isPlace(first)) return { from: first, names: others };
  return { from: undefined, names: operands };
}
