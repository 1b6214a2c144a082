import type { Bytes } from '#bytes';
import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { leavable } from '../streams/leavable.ts';
import { requireOptions } from '../version-gate.ts';
import type { ImagesContext } from './context.ts';
import { imageName } from './image-name.ts';
import { platformJson } from './platform-query.ts';

export interface SaveOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`: one platform of images that have several. Since API version 1.48. */
  readonly platform?: string | undefined;
}

/**
 * The archive of one image or several: tar, as `docker save` has it. It is asked for when it is read, once; leaving the loop closes the
 * connection. An engine that fails in the middle ends early: CONNECTION_LOST.
 */
export function save(context: ImagesContext, names: string | readonly string[], options: SaveOptions): Bytes {
  return leavable(options.signal, (signal) => archiveOf(context, names, { ...options, signal }));
}

async function* archiveOf(
  { connection }: ImagesContext,
  names: string | readonly string[],
  options: SaveOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const wanted = (typeof names === 'string' ? [names] : names).map(imageName);
  if (wanted.length === 0) throw new DrayError('INVALID_OPTION', 'cannot save: no image is named');
  const platform = platformJson(options.platform);
  await requireOptions(connection, options, { platform: '1.48' });
  const query = { names: wanted, platform };
  // An engine packs a whole layer before it sends it.
  const { signal } = options;
  const { body } = await connection.send({ method: 'GET', path: '/images/get', query, timeout: false, signal });
  yield* body;
}
