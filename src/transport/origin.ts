import { bareHost } from './private-address.ts';

/** Scheme, host and port: what a connection is for. */
export interface Origin {
  /** `scheme://host:port`. */
  readonly key: string;
  readonly tls: boolean;
  /** As URLs write it: IPv6 in brackets. */
  readonly hostname: string;
  /** As sockets want it: no brackets, no final dot. */
  readonly host: string;
  readonly port: number;
  /** `host:port` for messages. */
  readonly label: string;
}

export function originOf({ protocol, hostname, port: given }: URL): Origin {
  const tls = protocol === 'https:';
  const port = given === '' ? (tls ? 443 : 80) : Number(given);
  const label = `${hostname}:${port}`;
  return { key: `${protocol}//${label}`, tls, hostname, host: bareHost(hostname), port, label };
}
