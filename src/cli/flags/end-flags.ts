import type { Option } from 'commander';
import { repeatable, toggle, valued } from './flag.ts';
import { address, header, nonEmpty } from './values.ts';

/** How to reach the registry at one end of a copy, in place of what the flags without the end's name say for both. */
export interface EndFlags {
  readonly srcAnonymous?: true;
  readonly srcCa?: string;
  readonly srcCertDir?: string;
  readonly srcCreds?: string;
  readonly srcHeader?: readonly (readonly [string, string])[];
  readonly srcInsecure?: true;
  readonly srcMirror?: readonly string[];
  readonly srcProxy?: string;
  readonly dstAnonymous?: true;
  readonly dstCa?: string;
  readonly dstCertDir?: string;
  readonly dstCreds?: string;
  readonly dstHeader?: readonly (readonly [string, string])[];
  readonly dstInsecure?: true;
  readonly dstProxy?: string;
}

export function endFlags(): Option[] {
  return [
    ...endOf('src', 'source'),
    repeatable('--src-mirror <URL>', 'Ask this mirror of the source first (repeatable)', address('https', 'http')),
    ...endOf('dst', 'target'),
  ];
}

function endOf(end: 'src' | 'dst', what: 'source' | 'target'): Option[] {
  return [
    toggle(`--${end}-anonymous`, `Send no credentials to the ${what}'s registry`),
    valued(`--${end}-ca <FILE>`, `As --ca, for the ${what} alone`, nonEmpty),
    valued(`--${end}-cert-dir <DIR>`, `As --cert-dir, for the ${what} alone`, nonEmpty),
    valued(`--${end}-creds <USER[:PASSWORD]>`, `Credentials for the ${what}'s registry`, nonEmpty),
    repeatable(`--${end}-header <K=V>`, `Send this header to the ${what}'s registry (repeatable)`, header),
    toggle(`--${end}-insecure`, `As --insecure, for the ${what} alone`),
    valued(`--${end}-proxy <URL>`, `As --proxy, for the ${what} alone`, address('http', 'https', 'socks5', 'socks5h')),
  ];
}
