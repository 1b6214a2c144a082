import type { Socket } from 'node:net';
import { cleanText } from './clean-text.ts';
import { Malformed } from './malformed.ts';
import { HeadReader, parseHead, type ResponseHead } from './parse-head.ts';
import { type Proxy, proxyAuthorization } from './proxy.ts';
import { SocketReader } from './socket-reader.ts';
import { ProxyRefusal } from './socks.ts';

/** Has an HTTP proxy connect `socket` to `label` (`host:port`) by CONNECT (RFC 9110 section 9.3.6). Throws ProxyRefusal, Malformed or the socket's error. */
export async function connectThroughHttp(
  socket: Socket,
  proxy: Proxy,
  target: { readonly label: string; readonly userAgent: string },
): Promise<void> {
  const reader = new SocketReader(socket);
  const authorization = proxyAuthorization(proxy);
  const lines = [`CONNECT ${target.label} HTTP/1.1`, `Host: ${target.label}`, `User-Agent: ${target.userAgent}`];
  if (authorization !== undefined) lines.push(`Proxy-Authorization: ${authorization}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const head = new HeadReader();
  let found = head.feed(await reader.some());
  while (found === undefined) found = head.feed(await reader.some());
  checkAnswer(parseHead(found.text));
  // The server behind the tunnel must wait for our first word.
  if (!reader.release() || found.rest.length > 0) throw new Malformed('it sends more than the answer');
}

function checkAnswer({ status, reason }: ResponseHead): void {
  if (status >= 200 && status < 300) return;
  if (status === 407) {
    throw new ProxyRefusal('wants other credentials than those in its URL (407)', {
      definite: true,
      hint: 'give them in the URL of the proxy: http://user:password@host:port',
    });
  }
  throw new ProxyRefusal(`answered ${status} ${cleanText(reason, 60)}`.trim(), {
    definite: status >= 400 && status < 500,
  });
}
