import { type Digest, labelsOf } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import type { ImageHappening } from '../events/event-bus.ts';

/** Tells of an image that is in the store, as docker does: by its ID, with its labels. `name` is the ID too, unless one is given. */
export async function publishImage(
  context: EngineContext,
  action: ImageHappening['action'],
  image: string,
  name?: string,
): Promise<void> {
  const found = await find(context, image);
  if (found !== undefined) context.events.publish(happening(action, found, name));
}

/** The same of many, by the digests of their roots: the store is gone through once, and not for each of them. */
export async function publishImages(
  context: EngineContext,
  action: ImageHappening['action'],
  roots: readonly Digest[],
): Promise<void> {
  // What was asked for is done: a store that fails now only leaves nothing to tell of it.
  const images = await context.dray.images().catch(() => []);
  const listed = new Map(images.map((image) => [image.digest, image]));
  const found: Shown[] = [];
  for (const root of roots) {
    const image = listed.get(root) ?? (await find(context, root));
    if (image !== undefined) found.push(image);
  }
  await context.events.publishAll(found.map((image) => happening(action, image)));
}

interface Shown {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Undefined for what was removed meanwhile, and for what is no image that docker could show. */
async function find({ dray }: EngineContext, image: string): Promise<Shown | undefined> {
  try {
    const { Id: id, Config } = await dray.inspect(`store:${image}`);
    return { id, labels: labelsOf({ config: Config }) };
  } catch {
    return undefined;
  }
}

function happening(action: ImageHappening['action'], { id, labels }: Shown, name: string = id): ImageHappening {
  return { action, id, attributes: { ...labels, name } };
}
