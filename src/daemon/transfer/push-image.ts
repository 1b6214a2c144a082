import { hasCode } from '#errors';
import { familiarName, familiarString, fullName, fullString, type Reference } from '#oci';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { queryPlatform } from '../http/query-platform.ts';
import { PushMessages } from '../progress/push-messages.ts';
import { clientAuth, withAuth } from './client-auth.ts';
import { imageName } from './image-name.ts';
import { publishTransfer } from './publish-transfer.ts';
import { registryFault } from './registry-fault.ts';

/** `POST /images/{name}/push`: a push, of all tags that are here where none is named. */
export async function pushImage(exchange: EngineExchange, context: EngineContext): Promise<void> {
  const { query, messages, left } = exchange;
  const reference = imageName(exchange.name('name'), query.get('tag') ?? '');
  const platform = exchange.isAtLeast('1.46') ? queryPlatform(query) : undefined;
  const allTags = reference.tag === undefined;
  if (reference.digest !== undefined) {
    messages.write({ status: `The push refers to repository [${fullName(reference)}]` });
    throw new EngineError(400, 'cannot push a digest reference');
  }
  if (platform !== undefined && !allTags) await expectPlatform(context, reference, platform);
  const told = new PushMessages((message) => messages.write(message));
  try {
    const [first] = await withAuth(context.dray, clientAuth(exchange), (dray) =>
      dray.pushAll([fullString(reference)], {
        allTags,
        platform,
        signal: left,
        onEvent: (event) => told.event(event),
      }),
    );
    await publishTransfer(context, 'push', { reference, image: first?.fullName });
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) throw await notHere(context, reference, error);
    throw registryFault(error, { action: 'push', reference });
  }
  messages.end();
}

/** Docker looks before it begins. */
async function expectPlatform({ dray }: EngineContext, reference: Reference, platform: string): Promise<void> {
  try {
    await dray.inspect(`store:${fullString(reference)}`, { platform });
  } catch (error) {
    if (hasCode(error, 'PLATFORM_UNKNOWN')) throw new EngineError(404, error.message, { cause: error });
  }
}

/** Docker says it in one way where it knows the repository, in another where it does not. */
async function notHere({ dray }: EngineContext, reference: Reference, cause: unknown): Promise<EngineError> {
  const others = await dray.images({ reference: fullName(reference) });
  const text =
    others.length > 0
      ? `tag does not exist: ${familiarString(reference)}`
      : `An image does not exist locally with the tag: ${familiarName(reference)}`;
  return new EngineError(404, text, { cause });
}
