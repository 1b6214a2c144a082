import type { CallOptions } from '#content';
import type { ImageDeleteItem } from '../../api/images.ts';
import { listAnswer } from '../answer-shape.ts';
import { requireOptions } from '../version-gate.ts';
import type { ImagesContext } from './context.ts';
import { imageName } from './image-name.ts';
import { platformJson } from './platform-query.ts';

export interface RemoveImageOptions extends CallOptions {
  /** Also where a stopped container or another name needs it. */
  readonly force?: boolean | undefined;
  /** Keeps the images that it was made from and that have no name. */
  readonly noPrune?: boolean | undefined;
  /** `OS/ARCH[/VARIANT]`: only these of an image that has several. Since API version 1.50. */
  readonly platforms?: readonly string[] | undefined;
}

/** Takes a name away, and the image with its last one. Rejects with NOT_FOUND, and with CONFLICT where others need it. */
export async function remove(
  { connection }: ImagesContext,
  name: string,
  options: RemoveImageOptions,
): Promise<readonly ImageDeleteItem[]> {
  const { force, noPrune, signal } = options;
  const path = `/images/${imageName(name)}`;
  const platforms = options.platforms?.map((platform) => platformJson(platform) ?? '');
  await requireOptions(connection, options, { platforms: '1.50' });
  const query = { force, noprune: noPrune, platforms };
  return listAnswer(connection, { method: 'DELETE', path, query, timeout: false, signal });
}
