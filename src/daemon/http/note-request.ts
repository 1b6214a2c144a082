import type { IncomingMessage, ServerResponse } from 'node:http';
import { printable } from '#oci';
import type { OnEvent } from '#progress';

/** Of a query what may hold a password: URLs, and values that people give along for builds and images. */
const HIDDEN: ReadonlySet<string> = new Set(['buildargs', 'changes', 'fromSrc', 'remote']);
const LONGEST = 500;

/** Tells of a request when its answer is over: what was asked, how it ended, and how long that took. */
export function noteRequest(message: IncomingMessage, response: ServerResponse, onEvent: OnEvent): void {
  const started = Date.now();
  response.once('close', () => {
    const status = response.headersSent ? String(response.statusCode) : 'no answer';
    const end = response.writableFinished ? '' : ', cut off';
    const what = `${message.method ?? ''} ${printable(target(message.url ?? '/'), LONGEST)}`;
    onEvent({ kind: 'debug', text: `${what}: ${status}${end} (${Date.now() - started} ms)` });
  });
}

function target(url: string): string {
  const mark = url.indexOf('?');
  if (mark < 0) return url;
  const query = new URLSearchParams(url.slice(mark + 1));
  const pairs = [...query].map(([name, value]) => `${name}=${HIDDEN.has(name) ? '…' : value}`);
  return `${url.slice(0, mark)}?${pairs.join('&')}`;
}
