import { parentPort } from 'node:worker_threads';
import { type CarryJob, createLimit, plainError, type Source, transfer } from '#content';
import { createRepository, type OpenRepository, type RepositoryOptions } from '#registry';
import { isRegionsRecipe, type LoanTerms, openLoan, openRegions } from '#store';
import type { FromThread, ToThread } from './thread-messages.ts';

/** What a thread's decoders may hold, whose memory counts as the first thread's does: enough for what builders make. */
const WINDOWS = 8 * 1024 * 1024;
/** Connections that this thread may open besides one for each transfer. */
const EXTRA_LANES = 2;

/**
 * A thread that brings blobs: it opens source and ingest from plain data and runs the same `transfer` as everybody else. One message
 * starts a transfer or cancels it; its events, and its end, go back.
 */
export function runWorker(): void {
  const port = parentPort;
  if (port === null) return;
  const repositories = new Repositories();
  const running = new Map<number, AbortController>();
  const places = createLimit(EXTRA_LANES);
  let limited: Promise<void> | undefined;
  const say = (message: FromThread): void => port.postMessage(message);

  const carry = async (id: number, { source, loan, role, retries }: CarryJob): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const lease: Pick<Lease, 'leave'> & { readonly repository: Source } = isRegionsRecipe(source)
      ? { repository: openRegions(source), leave: () => undefined }
      : repositories.take(source as RepositoryOptions);
    try {
      await (limited ??= import('#archive').then(({ limitWindows }) => limitWindows(WINDOWS)));
      const { ingest, verified } = openLoan(loan as LoanTerms);
      await transfer(lease.repository, ingest, {
        role,
        retries,
        extra: isRegionsRecipe(source) ? undefined : { places, most: EXTRA_LANES + 1 },
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
      lease.leave();
      running.delete(id);
    }
  };

  port.on('message', (message: ToThread) => {
    if (message.kind === 'carry') void carry(message.id, message.job);
    else running.get(message.id)?.abort();
  });
}

interface Lease {
  readonly repository: OpenRepository;
  leave(): void;
}

interface Shared {
  readonly repository: OpenRepository;
  users: number;
}

/** One repository per recipe, so that transfers share connections. Each new token is a new recipe: of those that nobody uses the last is kept. */
class Repositories {
  readonly #open = new Map<string, Shared>();

  take(recipe: RepositoryOptions): Lease {
    const key = JSON.stringify(recipe);
    const shared = this.#open.get(key) ?? { repository: createRepository(recipe), users: 0 };
    shared.users += 1;
    // The last one taken stands last.
    this.#open.delete(key);
    this.#open.set(key, shared);
    this.#closeIdle();
    return {
      repository: shared.repository,
      leave: () => {
        shared.users -= 1;
        this.#closeIdle();
      },
    };
  }

  #closeIdle(): void {
    const last = [...this.#open.keys()].at(-1);
    for (const [key, { repository, users }] of this.#open) {
      if (users > 0 || key === last) continue;
      this.#open.delete(key);
      repository.close();
    }
  }
}
