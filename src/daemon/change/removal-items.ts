import type { ImageDeleteItem } from '#engine';
import type { RemovalStep } from '#image';

/** The steps of a removal in docker's words. */
export function removalItems(steps: readonly RemovalStep[]): readonly ImageDeleteItem[] {
  return steps.map((step) => ('untagged' in step ? { Untagged: step.untagged } : { Deleted: step.deleted }));
}
