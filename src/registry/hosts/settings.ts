/**
 * What is known of registries before the first of them is asked: their mirrors, which of them may be plain http, where their
 * certificates are. Plain data. A domain is `host[:port]` as references have it, `docker.io` for Docker Hub.
 */
export interface HostsSettings {
  /** What the caller says of the hosts that it names itself. */
  readonly named?: NamedHosts | undefined;
  /** Mirrors by domain, in the order to ask them; those under `*` come after, for every domain. */
  readonly mirrors?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Hosts that may be plain http, or TLS without a check: `host[:port]` exactly as in references and URLs, or a CIDR for literal addresses. */
  readonly insecure?: readonly string[] | undefined;
  /** Folders like docker's certs.d, with one folder `host[:port]` each for *.crt, *.cert and *.key. All of them count. */
  readonly certFolders?: readonly string[] | undefined;
  /** Folders like containerd's certs.d, with `host[:port]/hosts.toml` or `_default/hosts.toml`. The first that has the domain counts. */
  readonly hostsFolders?: readonly string[] | undefined;
}

/** For the registries of the references that are asked for, and for the mirrors given here: not for configured mirrors. */
export interface NamedHosts {
  /** Mirrors asked before all others, for every reference. `scheme://host[:port][/prefix]`; without a scheme https is meant. */
  readonly mirrors?: readonly string[] | undefined;
  /** They may be plain http, or TLS without a check (Docker Hub: only the latter). */
  readonly insecure?: boolean | undefined;
  /** A PEM file of certificates to trust. */
  readonly caFile?: string | undefined;
  /** A folder with *.crt, *.cert and *.key. */
  readonly certFolder?: string | undefined;
  /** Sent to the registries of the references, never to a mirror or along a redirect. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The same from two places as one: mirrors of `first` are asked before those of `second`, and `named` is the first one that there is. */
export function mergeHosts(first: HostsSettings, second: HostsSettings): HostsSettings {
  const mirrors: Record<string, readonly string[]> = { ...second.mirrors };
  for (const [domain, urls] of Object.entries(first.mirrors ?? {})) {
    mirrors[domain] = [...new Set([...urls, ...(mirrors[domain] ?? [])])];
  }
  const both = (a: readonly string[] = [], b: readonly string[] = []): readonly string[] => [...new Set([...a, ...b])];
  return {
    named: first.named ?? second.named,
    mirrors,
    insecure: both(first.insecure, second.insecure),
    certFolders: both(first.certFolders, second.certFolders),
    hostsFolders: both(first.hostsFolders, second.hostsFolders),
  };
}
