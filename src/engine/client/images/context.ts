import type { CallOptions } from '#content';
import type { Keychain } from '#registry';
import type { ArchiveBody } from '../archive-body.ts';
import type { EngineConnection, EngineRequest } from '../connection.ts';
import { type CredentialOptions, type CredentialTarget, withCredentials } from './credentials.ts';
import { createMessageStream, type MessageStream, type MessageWork } from './message-stream.ts';

/** What the endpoints of images work with. */
export interface ImagesContext {
  readonly connection: EngineConnection;
  /** What docker has of credentials; without it there are none. */
  readonly keychain: Keychain | undefined;
  /** Those that docker has credentials for. */
  readonly knownRegistries: () => readonly string[];
}

interface StreamOptions<Result> extends Pick<MessageWork<Result>, 'what' | 'take' | 'result'> {
  /** What to ask for; its faults are those of the stream. */
  readonly request: () => Promise<EngineRequest>;
  readonly options: CallOptions & CredentialOptions;
  /** What the request sends, to be closed where there is no request. */
  readonly body?: ArchiveBody | undefined;
  /** The registry that the engine will talk to, where it does. */
  readonly registry?: CredentialTarget | undefined;
}

type Send<T> = (request: EngineRequest) => Promise<T>;

/** A stream of messages that is asked for when it is used, with credentials where a registry has part in it. */
export function streamOf<Result>(
  { connection, keychain }: ImagesContext,
  { request, options, body: sent, registry, ...work }: StreamOptions<Result>,
): MessageStream<Result> {
  const ask = async <T>(signal: AbortSignal, send: Send<T>): Promise<T> => {
    // An engine that unpacks a large layer says nothing for a long time.
    const asked = { ...(await request()), signal, timeout: false };
    if (registry === undefined) return send(asked);
    return withCredentials((headers) => send({ ...asked, headers: { ...asked.headers, ...headers } }), registry, {
      ...options,
      signal,
      keychain,
    });
  };
  const begin = <T>(signal: AbortSignal, send: Send<T>): Promise<T> =>
    sent === undefined ? ask(signal, send) : sent.sentBy(() => ask(signal, send));
  return createMessageStream({
    ...work,
    signal: options.signal,
    async *objects(signal) {
      const { first, rest } = await begin(signal, (asked) => begun(connection.objects(asked)));
      try {
        for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
      } finally {
        await rest.return?.();
      }
    },
    async *bytes(signal): AsyncGenerator<Uint8Array, void, undefined> {
      const { body } = await begin(signal, (asked) => connection.send(asked));
      yield* body;
    },
  });
}

/** Waits for the first object, which is when a refusal is known. */
async function begun(objects: AsyncIterable<object>): Promise<{
  readonly first: IteratorResult<object>;
  readonly rest: AsyncIterator<object>;
}> {
  const rest = objects[Symbol.asyncIterator]();
  return { first: await rest.next(), rest };
}
