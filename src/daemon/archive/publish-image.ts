import { labelsOf } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import type { ImageHappening } from '../events/event-bus.ts';

/** Tells of an image that is in the store, as docker does: by its ID, with its labels. `name` is the ID too, unless one is given. */
export async function publishImage(
  { dray, events }: EngineContext,
  action: ImageHappening['action'],
  image: string,
  name?: string,
): Promise<void> {
  try {
    const { Id: id, Config } = await dray.inspect(`store:${image}`);
    events.publish({ action, id, attributes: { ...labelsOf({ config: Config }), name: name ?? id } });
  } catch {
    // It was removed meanwhile, or is none that docker could show.
  }
}
