import type { CallOptions } from '#content';
import type { HistoryItem } from '../../api/images.ts';
import { listAnswer } from '../answer-shape.ts';
import { requireOptions } from '../version-gate.ts';
import type { ImagesContext } from './context.ts';
import { imageName } from './image-name.ts';
import { platformJson } from './platform-query.ts';

export interface HistoryOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`: which of an image that has several. Since API version 1.48. */
  readonly platform?: string | undefined;
}

/** How an image was made, the last step first. Rejects with NOT_FOUND. */
export async function history(
  { connection }: ImagesContext,
  name: string,
  options: HistoryOptions,
): Promise<readonly HistoryItem[]> {
  const path = `/images/${imageName(name)}/history`;
  const query = { platform: platformJson(options.platform) };
  await requireOptions(connection, options, { platform: '1.48' });
  return listAnswer(connection, { method: 'GET', path, query, signal: options.signal });
}
