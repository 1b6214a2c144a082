import type { Option } from 'commander';
import { UsageError } from '../usage-error.ts';
import { repeatable, toggle, valued } from './flag.ts';
import { address, duration, header, integer, nonEmpty, rate } from './values.ts';

/** How to reach a registry. */
export interface ConnectionFlags {
  readonly insecure?: true;
  readonly ca?: string;
  readonly certDir?: string;
  readonly proxy?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly retry?: number;
  readonly stallTimeout?: number;
}

/** Flags of every command that reads from a registry. */
export interface RegistryFlags extends ConnectionFlags {
  readonly creds?: string;
  readonly credsStdin?: true;
  readonly anonymous?: true;
  readonly mirror?: readonly string[];
  readonly limitRate?: number;
  readonly concurrency?: number;
  readonly sync?: boolean;
}

/** For commands that bring their own credentials and ask no mirror: login and logout. */
export function connectionFlags(): Option[] {
  return [
    valued('--ca <FILE>', 'Also trust the certificate authorities in this PEM file', nonEmpty),
    valued('--cert-dir <DIR>', "Folder like docker's certs.d/HOST: *.crt, *.cert, *.key", nonEmpty),
    repeatable('--header <K=V>', 'Send this header to the registry, never to mirrors (repeatable)', header),
    toggle('--insecure', 'Allow http, or TLS without a check, for the hosts named here'),
    valued(
      '--proxy <URL>',
      'Proxy for all requests: http, https or socks5',
      address('http', 'https', 'socks5', 'socks5h'),
    ),
    valued('--retry <N>', 'Retries of what fails on the way (default: 5)', integer(0, 100)),
    valued(
      '--stall-timeout <DUR>',
      'Cut and resume a transfer that brings nothing for so long (default: 30s)',
      duration,
    ),
  ];
}

export function registryFlags(): Option[] {
  return [
    toggle('--anonymous', 'Send no credentials'),
    valued('--concurrency <N>', 'Layers in transfer at the same time (default: 6)', integer(1, 64)),
    valued('--creds <USER[:PASSWORD]>', 'Credentials for the registry, in place of stored ones', nonEmpty),
    toggle('--creds-stdin', 'Read the credentials (USER:PASSWORD, or the password of --creds USER) from stdin'),
    valued('--limit-rate <RATE>', 'Bytes per second, all transfers together: 500K, 10M, 1G', rate),
    repeatable('--mirror <URL>', 'Ask this mirror first (repeatable)', address('https', 'http')),
    toggle('--no-sync', 'Do not wait until the disk has what was written'),
    ...connectionFlags(),
  ].sort((a, b) => ((a.long ?? '') < (b.long ?? '') ? -1 : 1));
}

/** Throws a UsageError for registry flags that contradict each other. */
export function checkRegistryFlags(flags: RegistryFlags): void {
  if (flags.anonymous === true && (flags.creds !== undefined || flags.credsStdin === true)) {
    throw new UsageError('--anonymous and credentials cannot be used together');
  }
  if (flags.credsStdin === true && flags.creds?.includes(':') === true) {
    throw new UsageError('--creds-stdin wants --creds USER without a password, or no --creds');
  }
}
