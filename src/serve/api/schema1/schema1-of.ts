import { readAll } from '#bytes';
import { type Descriptor, DOCKER_CONFIG, digestOf, parseManifest, SCHEMA1_MANIFEST } from '#oci';
import type { StoredManifest } from '../../storage/port.ts';
import type { Asked } from '../negotiate/in-form.ts';
import type { RouteContext } from '../route-context.ts';
import { orNothing } from '../stored-document.ts';
import { buildSchema1 } from './build-schema1.ts';
import { signedForm } from './signed-form.ts';

/** Bytes of the largest config that is turned into schema1, all of which stands in the manifest then; and of the largest manifest. */
const LARGEST = 4 * 2 ** 20;
/** Of one image in its schema1 form so many are kept, by name, and none that is larger. */
const MOST_KEPT = 8;
const LARGEST_KEPT = 2 ** 18;

/** By image and name. What cannot be made schema1 is its own form. */
const made = new WeakMap<StoredManifest, Map<string, StoredManifest>>();

/** A schema2 image as signed schema1; as it is, where that cannot be made of it. The name and the tag are part of the manifest. */
export async function schema1Of(manifest: StoredManifest, { name, tag, context }: Asked): Promise<StoredManifest> {
  const key = `${name}:${tag}`;
  const known = made.get(manifest)?.get(key);
  if (known !== undefined) return known;
  const image = await orNothing(() => parseManifest(manifest.bytes, manifest.mediaType));
  const config = image === undefined ? undefined : await readConfig(image.config, context);
  // It may come yet.
  if (image === undefined || config === undefined) return manifest;
  const layers = image.layers.map(({ digest }) => digest);
  const form = formOf(await orNothing(() => buildSchema1({ name, tag, layers, config }))) ?? manifest;
  if (form.bytes.length <= LARGEST_KEPT || form === manifest) keep(manifest, key, form);
  return form;
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

function keep(manifest: StoredManifest, key: string, form: StoredManifest): void {
  const forms = made.get(manifest) ?? new Map<string, StoredManifest>();
  if (forms.size >= MOST_KEPT) forms.clear();
  made.set(manifest, forms.set(key, form));
}
