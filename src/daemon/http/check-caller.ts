import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { printable } from '#oci';
import { EngineError } from './engine-error.ts';

const LONGEST_NAME = 255;

/**
 * A page in somebody's browser can send requests to this machine, and no client of the engine is one. Browsers say where a page is from, but not
 * in all requests to a name that its owner has pointed at this machine: without TLS no name but the machine's own is taken.
 */
export function checkCaller({ headers, socket }: IncomingMessage): void {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    throw new EngineError(403, 'requests of browsers are not answered');
  }
  const isPlainTcp = socket.remoteAddress !== undefined && !('encrypted' in socket);
  const name = (headers.host ?? '').replace(/:\d*$/, '');
  if (!isPlainTcp || isOwnName(name)) return;
  throw new EngineError(
    403,
    `requests for ${printable(name, LONGEST_NAME)} are not answered here: connect to 127.0.0.1 or localhost`,
  );
}

function isOwnName(name: string): boolean {
  return name === '' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || /^(?:.+\.)?localhost$/i.test(name);
}
