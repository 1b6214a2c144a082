import { parentPort } from 'node:worker_threads';
import { type CarryJob, createLimit, plainError, transfer } from '#content';
import { createRepository, type OpenRepository, type RepositoryOptions } from '#registry';
import { type LoanTerms, openLoan } from '#store';
import type { FromThread, ToThread } from './thread-messages.ts';

/** Connections that this thread may open besides one for each transfer. */
const EXTRA_LANES = 2;

/**
 * A thread that brings blobs: it opens source and ingest from plain data and runs the same `transfer` as everybody else. One message
 * starts a transfer or cancels it; its events, and its end, go back.
 */
export function runWorker(): void {
  const port = parentPort;
  if (port === null) return;
  const repositories = new Map<string, OpenRepository>();
  const running = new Map<number, AbortController>();
  const places = createLimit(EXTRA_LANES);
  const say = (message: FromThread): void => port.postMessage(message);

  const repositoryOf = (recipe: unknown): OpenRepository => {
    const key = JSON.stringify(recipe);
    const open = repositories.get(key) ?? createRepository(recipe as RepositoryOptions);
    repositories.set(key, open);
    return open;
  };

  const carry = async (id: number, { source, loan, role, retries }: CarryJob): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const { ingest, verified } = openLoan(loan as LoanTerms);
      await transfer(repositoryOf(source), ingest, {
        role,
        retries,
        extra: { places, most: EXTRA_LANES + 1 },
        signal: controller.signal,
        onEvent: (event) => {
          // Whether it is done is for the owner to say.
          if (event.kind !== 'blob' || event.state !== 'done') say({ kind: 'event', id, event });
        },
      });
      say({ kind: 'done', id, verified: verified() });
    } catch (error) {
      say({ kind: 'failed', id, error: plainError(error) });
    } finally {
      running.delete(id);
    }
  };

  port.on('message', (message: ToThread) => {
    if (message.kind === 'carry') void carry(message.id, message.job);
    else running.get(message.id)?.abort();
  });
}
