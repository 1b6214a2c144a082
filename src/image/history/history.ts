import type { CallOptions } from '#content';
import type { Digest } from '#oci';
import type { Places } from '../places.ts';
import { type KnownImage, repoTags, withKept } from '../stored/with-kept.ts';

export interface HistoryOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]` of an image that is there for several. */
  readonly platform?: string | undefined;
}

/** One step of an image's making. */
export interface HistoryStep {
  /** The image's ID, on its last step; what earlier steps had been is not known. */
  readonly id: Digest | undefined;
  /** RFC 3339. */
  readonly created: string | undefined;
  readonly createdBy: string;
  readonly comment: string;
  /** Bytes of the layer that it added, as in `inspectImage`; 0 where it added none. */
  readonly size: number;
  /** The image's names, on its last step. */
  readonly tags: readonly string[];
}

/** How an image was made, the last step first. Finds it, and rejects, as `inspectImage`. */
export async function imageHistory(
  text: string,
  places: Places,
  options: HistoryOptions = {},
): Promise<readonly HistoryStep[]> {
  return withKept(text, places, { ...options, action: 'read the history of' }, steps);
}

function steps({ image, named, sizeOf }: KnownImage): readonly HistoryStep[] {
  const layers = image.document.layers.values();
  const all = image.config.history.map(({ created, createdBy = '', comment = '', emptyLayer }): HistoryStep => {
    const layer = emptyLayer ? undefined : layers.next().value;
    const size = layer === undefined ? 0 : sizeOf(layer);
    return { id: undefined, created, createdBy, comment, size, tags: [] };
  });
  const last = all.pop();
  return last === undefined ? [] : [{ ...last, id: image.id, tags: repoTags(named) }, ...all.reverse()];
}
