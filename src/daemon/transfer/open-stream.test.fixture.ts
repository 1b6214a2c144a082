import { type IncomingMessage, request } from 'node:http';

/** An answer that is read while it comes. */
export interface OpenStream {
  /** Objects so far, one a line. */
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  /** Resolves when the text so far has this in it; rejects when the answer ends without. */
  until(text: string): Promise<void>;
  /** Resolves at the end of the answer. */
  readonly end: Promise<void>;
  /** Goes away, as a client that is killed. */
  leave(): void;
  /** Reads no further. */
  pause(): void;
}

/** Sends a request to an engine's socket, and gives its answer when its head is there. */
export async function openStream(
  socketPath: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenStream> {
  const sent = request({ socketPath, method: 'POST', path, headers, agent: false });
  sent.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
  let text = '';
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const look of waiting) look();
  };
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    tell();
  });
  let over = false;
  const end = new Promise<void>((resolve) => {
    response.once('close', () => {
      over = true;
      tell();
      resolve();
    });
  });
  response.once('error', () => undefined);
  return {
    get messages() {
      return text
        .split('\r\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!text.includes(wanted) && !over) return;
          waiting.delete(look);
          if (text.includes(wanted)) resolve();
          else reject(new Error(`no ${wanted} in:\n${text}`));
        };
        waiting.add(look);
        look();
      }),
    end,
    leave: () => void sent.destroy(),
    pause: () => void response.pause(),
  };
}
