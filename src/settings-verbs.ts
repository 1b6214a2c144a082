import type { Machine } from './machine.ts';

/** What holds on this machine and for this user; for whoever shows it. Plain data. */
export interface DraySettings {
  /** Folder of the store. */
  readonly root: string;
  /** URLs by domain, in the order in which they are asked; those under `*` are for every domain. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** Hosts (`host[:port]`) and CIDRs that may be plain http, or TLS without a check, besides loopback; `true` for every host. */
  readonly insecure: readonly string[] | true;
  /** URLs of proxies, which may have passwords in them. */
  readonly proxy: {
    readonly http?: string | undefined;
    readonly https?: string | undefined;
    readonly no?: string | undefined;
  };
}

export interface SettingsVerbs {
  /** The settings that hold: of the options, dray's files, docker's and the environment. Rejects with INVALID_CONFIGURATION. */
  settings(): Promise<DraySettings>;
}

export function settingsVerbs(machine: Machine): SettingsVerbs {
  return {
    async settings() {
      const { hosts, transport } = (await machine.settings()).client;
      const { named, mirrors = {}, insecure = [] } = hosts ?? {};
      const forAll = [...(named?.mirrors ?? []), ...(mirrors['*'] ?? [])];
      const { http, https, no } = transport?.proxy ?? {};
      return {
        root: machine.options.root ?? machine.known.root,
        mirrors: { ...mirrors, ...(forAll.length > 0 && { '*': forAll }) },
        insecure: named?.insecure === true ? true : insecure,
        proxy: { http, https, no },
      };
    },
  };
}
