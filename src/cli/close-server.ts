import type { CliContext } from './context.ts';

interface ClosableServer {
  /** Resolves to the number of requests that had to be cut. */
  close(options: { readonly hurry: AbortSignal }): Promise<number>;
}

/** Milliseconds after which whoever has stopped a server wants to know why it is still there. */
const PATIENCE = 1_000;

/** Closes a server that was told to stop, and says whom it waits for, where that takes a while, and what it cut. */
export async function closeServer(
  server: ClosableServer,
  { hurry, stderr }: Pick<CliContext, 'hurry' | 'stderr'>,
): Promise<void> {
  const telling = setTimeout(() => {
    stderr.write('Waiting for requests that are under way; Ctrl-C once more cuts them off\n');
  }, PATIENCE);
  try {
    const cut = await server.close({ hurry });
    if (cut > 0) stderr.write(`WARNING: ${cut} ${cut === 1 ? 'request was' : 'requests were'} cut off\n`);
  } finally {
    clearTimeout(telling);
  }
}
