import type { RemoveResult } from '#image';
import type { EventBus, ImageHappening } from '../events/event-bus.ts';

/**
 * Tells of a removal as docker does: of each name that went, and of each image; of layers nothing, nor of names by digest that went with the tag
 * of their repository. What is no image has no ID but its name.
 */
export function publishRemoval(
  removal: Pick<RemoveResult, 'steps' | 'images'>,
  events: Pick<EventBus, 'publishAll'>,
): Promise<void> {
  return events.publishAll(happeningsOf(removal));
}

function* happeningsOf({ steps, images }: Pick<RemoveResult, 'steps' | 'images'>): Generator<ImageHappening> {
  const byName = new Map(images.flatMap((image) => image.names.map((name) => [name, image] as const)));
  const ids = new Set<string>(images.map(({ id }) => id));
  const tagged = new Set(steps.map((step) => ('untagged' in step ? repositoryOfTag(step.untagged) : undefined)));
  for (const step of steps) {
    if ('untagged' in step) {
      const [repository, digest] = step.untagged.split('@');
      if (digest !== undefined && tagged.has(repository)) continue;
      const image = byName.get(step.untagged);
      const id = image?.id ?? step.untagged;
      yield { action: 'untag', id, attributes: { ...image?.labels, name: id } };
    } else if (ids.has(step.deleted)) {
      yield { action: 'delete', id: step.deleted, attributes: { name: step.deleted } };
    }
  }
}

function repositoryOfTag(name: string): string | undefined {
  return name.includes('@') ? undefined : name.slice(0, name.lastIndexOf(':'));
}
