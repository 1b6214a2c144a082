import { readAll } from '#bytes';
import { type Descriptor, DOCKER_CONFIG, digestOf, parseManifest, SCHEMA1_MANIFEST } from '#oci';
import { BoundedCache } from '#store';
import type { StoredManifest } from '../../storage/port.ts';
import type { Asked } from '../negotiate/in-form.ts';
import type { RouteContext } from '../route-context.ts';
import { orNothing } from '../stored-document.ts';
import { buildSchema1 } from './build-schema1.ts';
import { signedForm } from './signed-form.ts';

/** Bytes of the largest config that is turned into schema1, all of which stands in the manifest then; and of the largest manifest. */
const LARGEST = 4 * 2 ** 20;
/** Bytes of all manifests that are kept in this form, and of what there is to know beside one. */
const KEPT = 16 * 2 ** 20;
const OVERHEAD = 512;

/** By image and name, for all registries of this process: a form depends on nothing else. */
const made = new BoundedCache<StoredManifest | 'none'>(KEPT);

/** A schema2 image as signed schema1; as it is, where that cannot be made of it. The name and the tag are part of the manifest. */
export async function schema1Of(manifest: StoredManifest, { name, tag, context }: Asked): Promise<StoredManifest> {
  const key = `${manifest.digest} ${name}:${tag}`;
  const known = made.get(key);
  if (known !== undefined) return known === 'none' ? manifest : known;
  const image = await orNothing(() => parseManifest(manifest.bytes, manifest.mediaType));
  const config = image === undefined ? undefined : await readConfig(image.config, context);
  // It may come yet.
  if (image === undefined || config === undefined) return manifest;
  const layers = image.layers.map(({ digest }) => digest);
  const form = formOf(await orNothing(() => buildSchema1({ name, tag, layers, config })));
  made.set(key, form ?? 'none', (form?.bytes.length ?? 0) + OVERHEAD);
  return form ?? manifest;
}

async function readConfig(
  { mediaType, digest }: Descriptor,
  { storage, repository }: RouteContext,
): Promise<Uint8Array | undefined> {
  if (mediaType !== DOCKER_CONFIG) return undefined;
  const blob = await storage.blob(repository, digest);
  if (blob === undefined || blob.size > LARGEST) return undefined;
  return blob.bytes ?? readAll(blob.read({ start: 0, end: blob.size }), LARGEST, 'the image config');
}

function formOf(payload: string | undefined): StoredManifest | undefined {
  if (payload === undefined) return undefined;
  const bytes = Buffer.from(payload);
  if (bytes.length > LARGEST) return undefined;
  return signedForm({ digest: digestOf(bytes), mediaType: SCHEMA1_MANIFEST, bytes });
}
