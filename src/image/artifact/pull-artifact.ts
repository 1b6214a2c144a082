import { type CallOptions, copyBlobs } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, familiarString, isIndexType, type Manifest, parseManifest, printable } from '#oci';
import type { Places } from '../places.ts';
import { remoteName } from '../remote/remote-name.ts';
import { holdIn } from '../stored/hold.ts';
import { TITLE } from './artifact-files.ts';
import { OutputFolder } from './output-folder.ts';

export interface PullArtifactOptions extends CallOptions {
  /** Files in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
  /** False: a file that is there already is not replaced, and nothing is written. */
  readonly overwrite?: boolean | undefined;
}

const PACKED = 'io.deis.oras.content.unpack';

/** Files of an artifact, as they were written. */
export interface PullArtifactResult {
  readonly reference: string;
  readonly root: Descriptor;
  readonly artifactType: string | undefined;
  /** Paths below the folder, in the artifact's order. */
  readonly files: readonly { readonly path: string; readonly descriptor: Descriptor }[];
}

/**
 * Writes the files of an artifact into a folder, each whole or not at all and never outside of it. They come through the store, so that what an
 * interrupted pull received is not fetched again. Rejects with UNSUPPORTED for an index and for an artifact without files, CORRUPT_LAYER for a
 * file name that leads elsewhere, and with what the registry rejects with.
 */
export async function pullArtifact(
  text: string,
  folder: string,
  places: Places,
  options: PullArtifactOptions = {},
): Promise<PullArtifactResult> {
  const { signal, onEvent, concurrency, overwrite = true } = options;
  const { reference, label } = remoteName(text);
  const what = familiarString(reference);
  const store = await places.store();
  const lease = holdIn(store);
  try {
    return await places.registries.over(
      reference,
      async (repository) => {
        const { descriptor, bytes } = await repository.manifest(label, { signal, onEvent });
        if (isIndexType(descriptor.mediaType)) throw isIndex(what);
        const manifest = parseManifest(bytes, descriptor.mediaType);
        const layers = titled(manifest, what);
        const output = new OutputFolder(folder, { sync: places.sync, overwrite });
        try {
          for (const layer of layers) output.check(fileName(layer));
          await lease.add(layers, { signal });
          const work = layers.map((target) => ({ target, role: 'layer' as const }));
          const { retries } = places;
          const brought = await copyBlobs(repository, store, work, { concurrency, retries, signal, onEvent });
          const files: { path: string; descriptor: Descriptor }[] = [];
          for (const layer of layers) {
            const path = fileName(layer);
            await output.write(path, await store.fetch(layer, { signal }));
            files.push({ path, descriptor: layer });
          }
          // The files are the result: what nothing else in the store has is not kept twice.
          for (const { target, present } of brought) if (!present) await store.discard(target.digest, { signal });
          return { reference: what, root: descriptor, artifactType: typeOf(manifest), files };
        } finally {
          output.close();
        }
      },
      { action: 'pull', signal, onEvent },
    );
  } finally {
    await lease.release();
  }
}

/** oras packs folders, and unpacks them with the owners and rights that are in them; here they stay packed, under a name that says so. */
function fileName({ annotations = {} }: Descriptor): string {
  const title = annotations[TITLE] ?? '';
  return annotations[PACKED] === 'true' ? `${title.replace(/\/+$/, '')}.tar.gz` : title;
}

/** The layers that say what file they are. */
function titled(manifest: Manifest, what: string): readonly Descriptor[] {
  const layers = manifest.layers.filter(({ annotations = {} }) => (annotations[TITLE] ?? '') !== '');
  if (layers.length > 0) return layers;
  throw new DrayError('UNSUPPORTED', `${printable(what, 255)} has no files: none of its layers has a name`, {
    hint: 'dray manifest shows its layers, dray blob reads one; of an image, dray unpack makes a folder',
  });
}

function typeOf({ artifactType, config }: Manifest): string | undefined {
  return artifactType ?? config.mediaType;
}

function isIndex(what: string): DrayError {
  return new DrayError('UNSUPPORTED', `${printable(what, 255)} is an index, not one artifact`, {
    hint: 'name one of its manifests by digest: dray manifest lists them',
  });
}
