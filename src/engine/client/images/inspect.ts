import type { CallOptions } from '#content';
import type { ImageInspect } from '../../api/images.ts';
import { objectAnswer } from '../answer-shape.ts';
import { requireOptions } from '../version-gate.ts';
import type { ImagesContext } from './context.ts';
import { imageName } from './image-name.ts';
import { platformJson } from './platform-query.ts';

export interface InspectImageOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`: which of an image that has several. Since API version 1.49. */
  readonly platform?: string | undefined;
  /** The manifests of the index. Since API version 1.48; not together with `platform`. */
  readonly manifests?: boolean | undefined;
}

/** Everything that the engine knows of an image, by name, digest or ID. Rejects with NOT_FOUND. */
export async function inspect(
  { connection }: ImagesContext,
  name: string,
  options: InspectImageOptions,
): Promise<ImageInspect> {
  const { manifests, signal } = options;
  const path = `/images/${imageName(name)}/json`;
  const query = { manifests, platform: platformJson(options.platform) };
  await requireOptions(connection, options, { platform: '1.49', manifests: '1.48' });
  return objectAnswer(connection, { method: 'GET', path, query, signal });
}
