import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Digest, familiarString, isDigest, parseReference, withDefaultTag } from '#oci';
import { requireOptions } from '../version-gate.ts';
import { type ImagesContext, streamOf } from './context.ts';
import type { CredentialOptions } from './credentials.ts';
import { nameAndTag } from './image-name.ts';
import type { MessageStream } from './message-stream.ts';
import { platformText } from './platform-query.ts';

export interface PullOptions extends CallOptions, CredentialOptions {
  /** Every tag of the repository, as `docker pull -a`. */
  readonly all?: boolean | undefined;
  /** `OS/ARCH[/VARIANT]`; the engine's own by default. Since API version 1.32. */
  readonly platform?: string | undefined;
}

export interface PullResult {
  /** What was asked for, as docker names it: `alpine:latest`. */
  readonly reference: string;
  /** Of what was pulled, the last one where there were several. Undefined where the engine does not say. */
  readonly digest?: Digest;
  /** The engine's last words: `Downloaded newer image for alpine:latest`. Undefined where it has none. */
  readonly status?: string;
  /** That the image is of another platform than the one that was asked for, which engines do not refuse where they have it already. */
  readonly warning?: string;
}

/** The messages of a pull. Of a name without tag and digest `latest` is pulled. Throws INVALID_REFERENCE for what is no name. */
export function pull(context: ImagesContext, text: string, options: PullOptions): MessageStream<PullResult> {
  const parsed = parseReference(text);
  if (options.all === true && nameAndTag(parsed).tag !== undefined) {
    throw new DrayError('INVALID_OPTION', `cannot pull all tags of ${text}: it names one of them`, {
      hint: 'leave the tag out, or the option "all"',
    });
  }
  const reference = options.all === true ? parsed : withDefaultTag(parsed);
  const { name, tag } = nameAndTag(reference);
  let digest: Digest | undefined;
  let status: string | undefined;
  let warning: string | undefined;
  return streamOf(context, {
    what: `the pull of ${familiarString(reference)}`,
    options,
    registry: reference,
    async request() {
      const platform = platformText(options.platform);
      await requireOptions(context.connection, options, { platform: '1.32' });
      return { method: 'POST', path: '/images/create', query: { fromImage: name, platform, tag } };
    },
    take(message) {
      const [, label, value = ''] = /^(Digest|Status|WARNING): (.*)$/s.exec(message.status ?? '') ?? [];
      if (label === 'Digest' && isDigest(value)) digest = value;
      if (label === 'Status') status = value;
      if (label === 'WARNING') warning = value;
    },
    result: () => ({
      reference: familiarString(reference),
      ...(digest !== undefined && { digest }),
      ...(status !== undefined && { status }),
      ...(warning !== undefined && { warning }),
    }),
  });
}
