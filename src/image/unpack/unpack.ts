import { DiskTree } from '#archive';
import type { CallOptions } from '#content';
import { DrayError, messageOf } from '#errors';
import type { Descriptor, Digest, Platform } from '#oci';
import { readOne } from '../files/open-image.ts';
import { withImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { applyLayers } from './apply-layers.ts';
import { TargetFolder } from './target-folder.ts';
import { type Lost, tellLost, writeOwners } from './write-owners.ts';

export interface UnpackOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`; the machine's own (linux on other systems) by default. */
  readonly platform?: string | undefined;
  /** Most bytes that a layer may have when uncompressed; by default 4 GiB, or a hundred times what is stored of it. */
  readonly maxSize?: number | undefined;
}

/** An image that was unpacked. */
export interface UnpackResult {
  /** The image as it was named. */
  readonly image: string;
  /** The image ID. */
  readonly id: Digest;
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly path: string;
  /** What this user or system could not set. */
  readonly lost: Lost;
}

/**
 * Unpacks one platform's image into `path`, which must not exist or be an empty folder: its layers one after the other, as the OCI image specification
 * says. Nothing outside of that folder is touched, whatever the layers hold. When it rejects, the folder is as it was before; a process that is
 * killed leaves only a folder `.dray-unpacking-…`. Every layer is compared with its diff_id. Rejects with IO_FAILED where the folder is not
 * empty, CORRUPT_LAYER, DIFF_ID_MISMATCH, TOO_LARGE, DISK_FULL, and with what the image's place rejects with.
 */
export async function unpackImage(
  text: string,
  path: string,
  places: Places,
  options: UnpackOptions = {},
): Promise<UnpackResult> {
  const { signal, onEvent } = options;
  if (path === '') throw new DrayError('INVALID_OPTION', 'the folder to unpack into has no name');
  return withImage(text, places, { plain: 'store-first', action: 'unpack', signal, onEvent }, async (placed) => {
    const image = await readOne(placed, places, options);
    const target = new TargetFolder(path);
    const tree = new DiskTree(target.staging);
    try {
      await applyLayers(tree, image, placed, { ...options, retries: places.retries });
      const lost = target.finish(tree, (root) => writeOwners(tree, root));
      tellLost(lost, options);
      const { platform, manifest, document } = image;
      return { image: placed.what, id: document.config.digest, platform, manifest, path, lost };
    } catch (error) {
      tree.abandon();
      abandon(target, options);
      throw error;
    } finally {
      target.close();
    }
  });
}

/** What was unpacked so far goes; why it could not go matters less than why it has to. */
function abandon(target: TargetFolder, { onEvent }: UnpackOptions): void {
  try {
    target.abandon();
  } catch (error) {
    onEvent?.({ kind: 'warning', text: `what was unpacked is still there: ${messageOf(error)}` });
  }
}
