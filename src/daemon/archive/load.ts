import type { LoadedImage } from '#image';
import type { EngineContext } from '../engine-context.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { queryPlatform } from '../http/query-platform.ts';
import { archiveFault } from './archive-fault.ts';
import { layerMessages } from './layer-messages.ts';
import { publishImages } from './publish-image.ts';
import { requestArchive } from './request-archive.ts';

/**
 * Loads the archive that is the request's body. As docker's, the answer is messages with a status of 200, whatever becomes of it; of an archive that
 * fails, or whose client leaves, nothing is kept.
 */
export async function loadImages(exchange: EngineExchange, context: EngineContext): Promise<void> {
  const platform = exchange.isAtLeast('1.48') ? queryPlatform(exchange.query) : undefined;
  const isQuiet = !exchange.query.has('quiet') || exchange.flag('quiet');
  const { messages, left: signal } = exchange;
  try {
    const { images } = await context.dray.load(requestArchive(exchange), {
      platform,
      signal,
      onEvent: isQuiet ? undefined : layerMessages(messages),
    });
    for (const stream of images.flatMap(loadedLines)) messages.write({ stream });
    await publishImages(
      context,
      'load',
      images.map(({ root }) => root.digest),
    );
    messages.end();
  } catch (error) {
    messages.fail(archiveFault(error, platform).message);
  }
}

/** As docker prints them: first what a name stood for, then that it is this image's now. */
function loadedLines({ names, moved, id }: LoadedImage): readonly string[] {
  if (names.length === 0) return [`Loaded image ID: ${id}\n`];
  return names.flatMap((name) => {
    const from = moved.find((one) => one.name === name)?.from;
    const renamed = `The image ${name} already exists, renaming the old one with ID ${from} to empty string\n`;
    return [...(from === undefined ? [] : [renamed]), `Loaded image: ${name}\n`];
  });
}
