import { type Descriptor, isJsonObject, type JsonObject, parseJsonStrict } from '#oci';
import { type InspectedImage, type InspectOptions, inspected } from '../inspect/inspect.ts';
import type { Places } from '../places.ts';
import { withKept } from '../stored/with-kept.ts';
import { type ImageManifest, imageManifests } from './image-manifests.ts';

export interface DescribeOptions extends InspectOptions {
  /** Lists what is below the root. */
  readonly manifests?: boolean | undefined;
}

/** An image of the store with what engines tell besides. */
export interface DescribedImage {
  readonly image: InspectedImage;
  /** The manifest of the platform that is shown. */
  readonly manifest: Descriptor;
  /** What old builders note of the container that its last step ran in, as it is. */
  readonly container: JsonObject | undefined;
  readonly manifests?: readonly ImageManifest[];
}

/** As `inspectImage`, in the store whatever the text looks like: it may come from a stranger, and paths are none of theirs. */
export async function describeImage(
  text: string,
  places: Places,
  options: DescribeOptions = {},
): Promise<DescribedImage> {
  const { known, ...described } = await withKept(`store:${text}`, places, { ...options, action: 'inspect' }, (one) => {
    const container = parseJsonStrict(one.image.configBytes, 'the image config')['container_config'];
    const { manifest } = one.image;
    return { known: one, image: inspected(one), manifest, container: isJsonObject(container) ? container : undefined };
  });
  const root = known.named.find(({ stored }) => stored.root.digest === known.root.digest);
  if (options.manifests !== true || root === undefined) return described;
  return { ...described, manifests: await imageManifests(root, await places.store(), options) };
}
