import { type DrayError, errnoOf } from '#errors';
import { hostPort } from './connect-words.ts';

/** Why a registry's answer did not come to its end, as docker's daemon says it: `Patch "http://localhost:5000/v2/…": EOF`, `unexpected EOF`. */
export function lostWords({ code, message, detail, cause }: DrayError): string {
  const peer = hostPort(String(detail['host']), Number(detail['port']));
  if (detail['phase'] !== 'head')
    return code === 'STALLED' ? timedOut(peer) : (reason(cause, peer) ?? 'unexpected EOF');
  const [, first = '', rest = '', url = ''] = /^([A-Z])([A-Z]+) (\S+): /.exec(message) ?? [];
  const why = code === 'STALLED' ? 'net/http: timeout awaiting response headers' : (reason(cause, peer) ?? 'EOF');
  return `${first}${rest.toLowerCase()} "${url}": ${why}`;
}

function reason(cause: unknown, peer: string): string | undefined {
  switch (errnoOf(cause)) {
    case 'ECONNRESET':
      return `read tcp ${peer}: read: connection reset by peer`;
    case 'EPIPE':
      return `write tcp ${peer}: write: broken pipe`;
    case 'ETIMEDOUT':
      return timedOut(peer);
    default:
      return undefined;
  }
}

function timedOut(peer: string): string {
  return `read tcp ${peer}: i/o timeout`;
}
