import { messageOf } from '#errors';
import type { Descriptor, Reference } from '#oci';
import type { PlacedImage } from '../place/placed-image.ts';
import type { Places } from '../places.ts';
import type { PushOptions } from './push-result.ts';

/**
 * Notes in the store that the registry has the image under its name now, as a pull does: `dray images --digests` shows the digest then. What became
 * another root on its way (its layers were compressed) is not what the registry has. A store that cannot be written is as good as before.
 */
export async function notePushed(
  { stored }: PlacedImage,
  root: Descriptor,
  reference: Reference,
  { places, options }: { readonly places: Places; readonly options: PushOptions },
): Promise<void> {
  if (stored === undefined || stored.stored.source !== '' || stored.stored.root.digest !== root.digest) return;
  const { signal, onEvent } = options;
  const { name, manifests } = stored.stored;
  try {
    const write = places.targets ?? places.registries;
    const source = await write.writing(reference, async ({ endpoint }) => endpoint.url, { action: 'push', signal });
    await (await places.store()).remember({ name, root: stored.stored.root, manifests, source }, { signal });
  } catch (error) {
    onEvent?.({ kind: 'debug', text: `the push could not be noted: ${messageOf(error)}` });
  }
}
