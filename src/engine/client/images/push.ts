import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Digest, familiarName, familiarString, isDigest, parseReference, withDefaultTag } from '#oci';
import { requireOptions } from '../version-gate.ts';
import { type ImagesContext, streamOf } from './context.ts';
import type { CredentialOptions } from './credentials.ts';
import type { MessageStream } from './message-stream.ts';
import { platformJson } from './platform-query.ts';

export interface PushOptions extends CallOptions, CredentialOptions {
  /** Every tag that the engine has of the repository, as `docker push -a`. */
  readonly all?: boolean | undefined;
  /** `OS/ARCH[/VARIANT]`: one platform of an image that has several. Since API version 1.46. */
  readonly platform?: string | undefined;
}

export interface PushResult {
  /** What was asked for, as docker names it: `localhost:5000/app:1`. */
  readonly reference: string;
  /** In the order in which the registry took them. */
  readonly pushed: readonly PushedTag[];
}

export interface PushedTag {
  readonly tag: string;
  /** Of the manifest or index. */
  readonly digest: Digest;
  /** Of the same, in bytes. */
  readonly size: number;
}

/**
 * The messages of a push. Of a name without tag `latest` is pushed. Throws INVALID_REFERENCE for what is no name, and for a digest. A registry
 * that wants other credentials is told of in the stream, mostly: `onAuthRequired` is not called then.
 */
export function push(context: ImagesContext, text: string, options: PushOptions): MessageStream<PushResult> {
  const parsed = parseReference(text);
  if (parsed.digest !== undefined) {
    throw new DrayError('INVALID_REFERENCE', `cannot push ${text}: cannot push a digest reference`);
  }
  if (options.all === true && parsed.tag !== undefined) {
    throw new DrayError('INVALID_OPTION', `cannot push all tags of ${text}: it names one of them`, {
      hint: 'leave the tag out, or the option "all"',
    });
  }
  const reference = options.all === true ? parsed : withDefaultTag(parsed);
  const pushed: PushedTag[] = [];
  return streamOf(context, {
    what: `the push of ${familiarString(reference)}`,
    options,
    registry: reference,
    async request() {
      const platform = platformJson(options.platform);
      await requireOptions(context.connection, options, { platform: '1.46' });
      const path = `/images/${familiarName(reference)}/push`;
      return { method: 'POST', path, query: { platform, tag: reference.tag } };
    },
    take(message) {
      // Not the facts for programs: engines with containerd's store do not send them.
      const [, tag = '', digest = '', size] =
        /^(\S+): digest: (\S+) size: (\d{1,15})$/.exec(message.status ?? '') ?? [];
      if (isDigest(digest)) pushed.push({ tag, digest, size: Number(size) });
    },
    result: () => ({ reference: familiarString(reference), pushed }),
  });
}
