import { createHash } from 'node:crypto';
import type { RegistryAuth } from '#engine';
import { familiarString, fullString, type Reference, referenceLabel } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { PullMessages } from '../progress/pull-messages.ts';
import { clientAuth, withAuth } from './client-auth.ts';
import { imageName } from './image-name.ts';
import { publishTransfer } from './publish-transfer.ts';
import { isAfterManifest, registryFault } from './registry-fault.ts';
import type { SharedWork, Work } from './shared-work.ts';

/** `POST /images/create?fromImage=`: a pull, of all tags where none is named. One that others have asked for too is made once. */
export async function pullImage(exchange: EngineExchange, context: EngineContext, pulls: SharedWork): Promise<void> {
  const { query, messages, left } = exchange;
  const asked: AskedPull = {
    reference: imageName(query.get('fromImage') ?? '', query.get('tag') ?? ''),
    platform: (exchange.isAtLeast('1.32') && query.get('platform')) || undefined,
    auth: clientAuth(exchange),
  };
  const listener = { write: messages.write.bind(messages), left };
  await pulls.join(keyOf(asked), listener, (how) => pull(asked, context, how));
  if (!left.aborted) messages.end();
}

interface AskedPull {
  readonly reference: Reference;
  readonly platform: string | undefined;
  readonly auth: RegistryAuth;
}

/** The same for those who may share a pull: what others have credentials for is not for everybody. */
function keyOf({ reference, platform, auth }: AskedPull): string {
  const { username, password, identitytoken, registrytoken } = auth;
  const secret = JSON.stringify([username, password, identitytoken, registrytoken]);
  const shown = createHash('sha256').update(secret).digest('hex');
  return JSON.stringify([fullString(reference), platform, shown]);
}

async function pull(
  { reference, platform, auth }: AskedPull,
  context: EngineContext,
  { write, signal }: Parameters<Work>[0],
): Promise<void> {
  const allTags = reference.tag === undefined && reference.digest === undefined;
  const messages = new PullMessages({ write, allTags });
  try {
    const [first] = await withAuth(context.dray, auth, (dray) =>
      dray.pullAll([fullString(reference)], {
        allTags,
        platform,
        signal,
        onEvent: (event) => messages.event(event),
      }),
    );
    messages.end();
    await publishTransfer(context, 'pull', { reference, image: first?.fullName });
  } catch (error) {
    const { begun } = messages;
    if (!begun && !allTags && isAfterManifest(error)) messages.event(started(reference));
    throw registryFault(error, { action: 'pull', reference, begun });
  }
}

function started(reference: Reference): Parameters<PullMessages['event']>[0] {
  const label = referenceLabel(reference);
  return {
    kind: 'image-started',
    reference: familiarString(reference),
    repository: reference.path,
    label,
    action: 'pull',
  };
}
