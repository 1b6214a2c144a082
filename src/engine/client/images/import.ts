import { bytesOf } from '#bytes';
import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Digest, familiarString, isDigest, parseReference } from '#oci';
import { type ArchiveSource, archiveBody } from '../archive-body.ts';
import { requireOptions } from '../version-gate.ts';
import { type ImagesContext, streamOf } from './context.ts';
import type { MessageStream } from './message-stream.ts';
import { platformText } from './platform-query.ts';

export interface ImportOptions extends CallOptions {
  /** The name that the image gets: `app:1`. Without it it has none. */
  readonly reference?: string | undefined;
  /** Instructions as in a Dockerfile: `CMD ["/bin/sh"]`. */
  readonly changes?: readonly string[] | undefined;
  /** For the image's history. */
  readonly message?: string | undefined;
  /** `OS/ARCH[/VARIANT]` that the image is for. Since API version 1.32. */
  readonly platform?: string | undefined;
}

export interface ImportResult {
  /** The ID of the image. */
  readonly id: Digest;
}

/** The messages of an import: an image of one layer. `source` is a tar archive of its files, or a URL from which the engine gets one. */
export function importImage(
  context: ImagesContext,
  source: ArchiveSource | string,
  options: ImportOptions,
): MessageStream<ImportResult> {
  const repo = options.reference === undefined ? undefined : familiarString(parseReference(options.reference));
  const isUrl = typeof source === 'string';
  const body = archiveBody(isUrl ? bytesOf() : source, 'the archive');
  let id: Digest | undefined;
  return streamOf(context, {
    what: 'the import of an image',
    options,
    body,
    async request() {
      const platform = platformText(options.platform);
      await requireOptions(context.connection, options, { platform: '1.32' });
      const { changes, message } = options;
      const query = { changes, fromSrc: isUrl ? source : '-', message, platform, repo };
      return { method: 'POST', path: '/images/create', query, body, contentType: 'text/plain' };
    },
    take({ status = '' }) {
      if (isDigest(status)) id = status;
    },
    result() {
      if (id !== undefined) return { id };
      throw new DrayError('BAD_RESPONSE', 'the engine imported an image and does not say its ID');
    },
  });
}
