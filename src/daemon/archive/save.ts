import { hasCode } from '#errors';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { queryPlatform } from '../http/query-platform.ts';
import { publishImages } from './publish-image.ts';

/**
 * Answers with an archive of images, straight from the store. What is wrong with the names is known before the head goes; a fault later cuts the
 * connection, so that nobody takes what came for an archive.
 */
export async function saveImages(
  names: readonly string[],
  exchange: EngineExchange,
  context: EngineContext,
): Promise<void> {
  const { response, left: signal } = exchange;
  if (names.length === 0) throw new EngineError(400, 'no image is named: /images/get?names=IMAGE');
  // Older clients send none, and what they do not know of is not looked at.
  const platform = exchange.isAtLeast('1.48') ? queryPlatform(exchange.query) : undefined;
  exchange.announce('application/x-tar');
  try {
    const { images } = await context.dray.save(names, { output: { stream: response }, platform, signal });
    response.end();
    // One event an image, whatever the number of its names, as docker does.
    await publishImages(context, 'save', [...new Set(images.map(({ root }) => root.digest))]);
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_UNKNOWN')) throw error;
    throw new EngineError(404, `no suitable export target found for platform ${platform}`, { cause: error });
  }
}
