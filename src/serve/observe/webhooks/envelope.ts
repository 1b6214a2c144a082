import { randomUUID } from 'node:crypto';
import type { RegistryEvent } from '../port.ts';
import type { WebhookOptions } from './options.ts';

export const EVENTS_TYPE = 'application/vnd.docker.distribution.events.v1+json';

/** An event as distribution tells it: https://distribution.github.io/distribution/about/notifications/#events */
export interface ToldEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly action: RegistryEvent['action'];
  readonly target: object;
  readonly request: object;
  readonly actor: object;
  readonly source: object;
}

export type EnvelopeOptions = Pick<WebhookOptions, 'source' | 'origin'>;

export function toldEvent(event: RegistryEvent, options: EnvelopeOptions & { readonly now: number }): ToldEvent {
  const { request, actor } = event;
  const { source } = options;
  return {
    id: randomUUID(),
    timestamp: new Date(options.now).toISOString(),
    action: event.action,
    target: event.action === 'delete' ? deletedTarget(event) : target(event, options),
    request: {
      id: request.id,
      addr: request.address,
      host: request.host,
      method: request.method,
      useragent: request.userAgent,
    },
    actor: actor === undefined || actor === '' ? {} : { name: actor },
    source: { addr: source.address, instanceID: source.instance },
  };
}

/** The same event, with what the manifest points to that it is about. */
export function withReferences(event: ToldEvent, { references }: RegistryEvent): ToldEvent {
  return references === undefined ? event : { ...event, target: { ...event.target, references: references.map(told) } };
}

/** The body of a message, laid out as distribution lays it out. */
export function envelope(events: readonly ToldEvent[]): string {
  return JSON.stringify({ events }, undefined, 3);
}

function target(event: RegistryEvent, options: EnvelopeOptions): object {
  const { kind, repository, mediaType, digest, size, tag, fromRepository } = event;
  const origin = options.origin ?? event.origin ?? `http://${event.request.host}`;
  return {
    mediaType,
    size,
    digest,
    // What it was called before 2.0; both are sent.
    length: size,
    repository,
    fromRepository,
    ...(digest !== undefined && { url: `${origin}/v2/${repository}/${kind}s/${digest}` }),
    tag,
  };
}

function told({ mediaType, size, digest }: NonNullable<RegistryEvent['references']>[number]): object {
  return { mediaType, size, digest };
}

/** Of what is gone only its name is told. */
function deletedTarget({ kind, repository, digest, tag }: RegistryEvent): object {
  if (kind === 'repository') return { repository };
  return kind === 'tag' ? { repository, tag } : { digest, repository };
}
