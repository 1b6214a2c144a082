import { readAll } from '#bytes';
import { type Descriptor, DOCKER_CONFIG, digestOf, parseManifest, SCHEMA1_MANIFEST } from '#oci';
import type { StoredManifest } from '../../storage/port.ts';
import type { Asked } from '../negotiate/in-form.ts';
import type { RouteContext } from '../route-context.ts';
import { orNothing } from '../stored-document.ts';
import { buildSchema1 } from './build-schema1.ts';
import { signedForm } from './signed-form.ts';

/** Bytes of the largest config that is turned into schema1: all of it stands in the manifest then. */
const LARGEST_CONFIG = 4 * 2 ** 20;
/** Names under which one image is kept in its schema1 form. */
const MOST_NAMES = 16;

const made = new WeakMap<StoredManifest, Map<string, StoredManifest>>();

/** A schema2 image as signed schema1; as it is, where that cannot be made of it. The name and the tag are part of the manifest. */
export async function schema1Of(manifest: StoredManifest, { name, tag, context }: Asked): Promise<StoredManifest> {
  const key = `${name}:${tag}`;
  const known = made.get(manifest)?.get(key);
  if (known !== undefined) return known;
  const payload = await orNothing(() => payloadOf(manifest, name, tag, context));
  if (payload === undefined) return manifest;
  const bytes = Buffer.from(payload);
  const form = signedForm({ digest: digestOf(bytes), mediaType: SCHEMA1_MANIFEST, bytes });
  keep(manifest, key, form);
  return form;
}

async function payloadOf(
  manifest: StoredManifest,
  name: string,
  tag: string,
  context: RouteContext,
): Promise<string | undefined> {
  const { config, layers } = parseManifest(manifest.bytes, manifest.mediaType);
  const content = await readConfig(config, context);
  if (content === undefined) return undefined;
  return buildSchema1({ name, tag, layers: layers.map(({ digest }) => digest), config: content });
}

async function readConfig(
  { mediaType, digest }: Descriptor,
  { storage, repository }: RouteContext,
): Promise<Uint8Array | undefined> {
  if (mediaType !== DOCKER_CONFIG) return undefined;
  const blob = await storage.blob(repository, digest);
  if (blob === undefined || blob.size > LARGEST_CONFIG) return undefined;
  return blob.bytes ?? readAll(blob.read({ start: 0, end: blob.size }), LARGEST_CONFIG, 'the image config');
}

function keep(manifest: StoredManifest, key: string, form: StoredManifest): void {
  const forms = made.get(manifest) ?? new Map<string, StoredManifest>();
  if (forms.size >= MOST_NAMES) forms.clear();
  made.set(manifest, forms.set(key, form));
}
