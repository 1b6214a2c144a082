import { Agent, request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** What a plain client saw. */
export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What came of the body. */
  readonly body: Buffer;
  /** `complete`, or `lost` when the connection ended before the announced end, or `quiet` when nothing came for the time given. */
  readonly end: 'complete' | 'lost' | 'quiet';
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** For https: PEM texts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Milliseconds without a byte until "quiet", but for those in which this process did not run. */
  readonly patience?: number;
  /** Stop after so many bytes. */
  readonly most?: number;
}

/** Of a long pause of the process a timer sees one: the server, which may be in it too, has turns to answer. */
const TICKS = 10;

/** One exchange on a connection of its own, by node:http alone, and how it ended. For the tests of this room. */
export function ask(url: string, options: AskOptions = {}): Promise<Asked> {
  const { method = 'GET', headers = {}, body, patience = 300, most = Number.POSITIVE_INFINITY, ...tls } = options;
  const secure = url.startsWith('https:');
  const request = secure ? httpsRequest : httpRequest;
  // an agent of its own: a connection for this exchange alone, which may live on afterwards as a real client's does
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const settings: RequestOptions = { method, headers, agent, ...tls };
  return new Promise((resolve, reject) => {
    let failed: (how: Asked['end'], error: Error) => void = (_how, error) => reject(error);
    const sent = request(url, settings, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const end = (how: Asked['end']): void => {
        agent.destroy();
        clearInterval(timer);
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, body: Buffer.concat(chunks), end: how });
      };
      failed = end;
      response.on('data', (chunk: Buffer) => {
        ticks = 0;
        chunks.push(chunk);
        length += chunk.length;
        if (length >= most) end('complete');
      });
      response.on('end', () => end('complete'));
      response.on('error', () => end('lost'));
    });
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks < TICKS) return;
      failed('quiet', new Error('quiet'));
      sent.destroy();
    }, patience / TICKS);
    sent.on('error', (error) => failed('lost', error)).on('close', () => clearInterval(timer));
    sent.end(body);
  });
}
