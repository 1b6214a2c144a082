import type { CallOptions } from '#content';
import { familiarString, parseReference, withDefaultTag } from '#oci';
import type { DistributionInspect } from '../../api/images.ts';
import { objectAnswer } from '../answer-shape.ts';
import { requireVersion } from '../version-gate.ts';
import type { ImagesContext } from './context.ts';
import { type CredentialOptions, withCredentials } from './credentials.ts';

export interface DistributionOptions extends CallOptions, CredentialOptions {}

/** What a name stands for in its registry, which the engine asks. Rejects with NOT_FOUND, UNAUTHORIZED … Since API version 1.30. */
export async function distribution(
  { connection, keychain }: ImagesContext,
  name: string,
  options: DistributionOptions,
): Promise<DistributionInspect> {
  const reference = withDefaultTag(parseReference(name));
  const { signal } = options;
  await requireVersion(connection, { what: 'to look into a registry', since: '1.30', signal });
  const path = `/distribution/${familiarString(reference)}/json`;
  const send = (headers: Readonly<Record<string, string>>): Promise<DistributionInspect> =>
    objectAnswer(connection, { method: 'GET', path, headers, signal });
  return withCredentials(send, reference, { ...options, keychain });
}
