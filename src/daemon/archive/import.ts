import { printable } from '#oci';
import { targetName } from '../change/target-name.ts';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import { archiveFault } from './archive-fault.ts';
import { publishImage } from './publish-image.ts';
import { requestArchive } from './request-archive.ts';

const LONGEST_URL = 500;

/**
 * `POST /images/create?fromSrc=-`: makes the file system's tar that is the request's body an image, and answers with its ID. What is wrong has a status
 * of its own, since nothing is answered before the end. URLs are not fetched: an engine that asks for whatever it is told reaches what its
 * clients cannot.
 */
export async function importFromBody(exchange: EngineExchange, context: EngineContext): Promise<void> {
  const { query, messages, left: signal } = exchange;
  const source = query.get('fromSrc') ?? '';
  if (source !== '-') throw noUrls(source);
  const repository = query.get('repo') ?? '';
  const reference = repository === '' ? undefined : targetName(repository, query.get('tag') ?? '');
  const message = query.get('message') ?? '';
  const platform = exchange.isAtLeast('1.32') ? (query.get('platform') ?? '') : '';
  try {
    const { id, name } = await context.dray.importImage(requestArchive(exchange), {
      reference,
      changes: query.getAll('changes'),
      ...(message !== '' && { message }),
      ...(platform !== '' && { platform }),
      signal,
    });
    if (name !== undefined) await publishImage(context, 'tag', id, name);
    await publishImage(context, 'import', id);
    messages.writeObject({ status: id });
    messages.end();
  } catch (error) {
    throw archiveFault(error, undefined);
  }
}

function noUrls(source: string): EngineError {
  const url = source === '' ? 'URL' : printable(source, LONGEST_URL);
  return new EngineError(501, `this engine fetches no files to import: curl -L ${url} | docker import - NAME`);
}
