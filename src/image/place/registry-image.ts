import { bytesOf } from '#bytes';
import type { CallOptions } from '#content';
import { familiarString, fullString, isSchema1Type, type Reference } from '#oci';
import type { FetchedManifest, Repository } from '#registry';
import type { Places } from '../places.ts';
import type { PlacedImage } from './placed-image.ts';

export interface RegistryImageOptions extends CallOptions {
  readonly action: string;
}

/** Lets `work` use an image of a registry, at one endpoint after the other until one does. */
export async function registryImage<T>(
  reference: Reference,
  places: Places,
  { action, signal, onEvent }: RegistryImageOptions,
  work: (image: PlacedImage) => Promise<T>,
): Promise<T> {
  return places.registries.over(
    reference,
    async (repository) => {
      const name = reference.digest ?? reference.tag ?? 'latest';
      const fetched = await repository.manifest(name, { signal, onEvent });
      return work(await placed(fetched, { reference, repository }, places, { signal, onEvent }));
    },
    { action, signal, onEvent },
  );
}

interface At {
  readonly reference: Reference;
  readonly repository: Repository;
}

async function placed(fetched: FetchedManifest, at: At, places: Places, options: CallOptions): Promise<PlacedImage> {
  const { reference, repository } = at;
  const found: PlacedImage = {
    place: 'registry',
    what: familiarString(reference),
    source: repository,
    root: fetched.descriptor,
    rootBytes: fetched.bytes,
    names: [fullString(reference)],
    reference,
    repository,
  };
  if (!isSchema1Type(fetched.descriptor.mediaType)) return found;
  return { ...found, ...(await converted(fetched, at, places, options)) };
}

/** An image of docker's first format, as what it is converted to: all of it is here then. */
async function converted(
  fetched: FetchedManifest,
  { repository, reference }: At,
  places: Places,
  { signal, onEvent }: CallOptions,
): Promise<Pick<PlacedImage, 'source' | 'root' | 'rootBytes'>> {
  const { resolveSchema1 } = await import('../pull/schema1.ts');
  const store = await places.scratch();
  const how = { store, lease: undefined, retries: places.retries, signal, onEvent };
  const { root, nodes, images } = await resolveSchema1(repository, reference, fetched, how);
  const configs = images.map(({ document, configBytes }) => ({ descriptor: document.config, bytes: configBytes }));
  for (const { descriptor, bytes } of [...configs, ...nodes]) await store.put(descriptor, bytesOf(bytes), { signal });
  return { source: store, root, rootBytes: undefined };
}
