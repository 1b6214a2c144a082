import type { Option } from 'commander';
import { repeatable, toggle, valued } from './flag.ts';
import { nonEmpty } from './values.ts';

export interface EngineFlags {
  readonly insecureLoopback?: true;
  readonly insecureRegistry?: readonly string[];
  readonly json?: true;
  readonly listen?: string;
  readonly quiet?: true;
  readonly sync: boolean;
  readonly tlsCert?: string;
  readonly tlsClientCa?: readonly string[];
  readonly tlsKey?: string;
}

export function engineFlags(): Option[] {
  return [
    toggle(
      '--insecure-loopback',
      'Allow tcp:// without certificates at 127.0.0.1: all users of this machine may connect',
    ),
    repeatable(
      '--insecure-registry <HOST>',
      'Registry that may be http, or TLS without a check (repeatable)',
      nonEmpty,
    ),
    toggle('--json', 'Print one line of JSON: {"host": …}'),
    valued('--listen <ADDRESS>', 'unix:///PATH or tcp://HOST:PORT (default: a socket for you alone)', nonEmpty),
    toggle('--no-sync', 'Do not wait for the disk: faster, and a power cut may take what came last'),
    toggle('-q, --quiet', 'Print the address alone'),
    valued('--tls-cert <FILE>', 'Certificate of the engine; read again when it changes', nonEmpty),
    repeatable(
      '--tls-client-ca <FILE>',
      'Take only clients whose certificate is signed by this one (repeatable)',
      nonEmpty,
    ),
    valued('--tls-key <FILE>', 'The key of --tls-cert', nonEmpty),
  ];
}
