import type { CallOptions } from '#content';
import { type ArchiveSource, archiveBody } from '../archive-body.ts';
import { requireOptions } from '../version-gate.ts';
import { type ImagesContext, streamOf } from './context.ts';
import type { MessageStream } from './message-stream.ts';
import { platformJson } from './platform-query.ts';

export interface LoadOptions extends CallOptions {
  /** Without the progress of layers. */
  readonly quiet?: boolean | undefined;
  /** `OS/ARCH[/VARIANT]`: one platform of an image that has several. Since API version 1.48. */
  readonly platform?: string | undefined;
}

export interface LoadResult {
  /** Names, and IDs of images without one, in the engine's order. */
  readonly loaded: readonly string[];
}

/** The messages of a load. `archive` is what `save` gives, compressed or not. */
export function load(context: ImagesContext, archive: ArchiveSource, options: LoadOptions): MessageStream<LoadResult> {
  const body = archiveBody(archive, 'the archive');
  const loaded: string[] = [];
  return streamOf(context, {
    what: 'the load of an archive',
    options,
    body,
    async request() {
      const platform = platformJson(options.platform);
      await requireOptions(context.connection, options, { platform: '1.48' });
      const query = { platform, quiet: options.quiet };
      return { method: 'POST', path: '/images/load', query, body, contentType: 'application/x-tar' };
    },
    take({ stream = '' }) {
      const [, name] = /^Loaded image(?: ID)?: (\S+)\n?$/.exec(stream) ?? [];
      if (name !== undefined) loaded.push(name);
    },
    result: () => ({ loaded }),
  });
}
