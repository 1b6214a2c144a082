/** `GET /containers/{id}/top`: the columns of ps, and a row for each process. */
export interface ContainerTop {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[] | null;
}

/** A row of `GET /containers/{id}/changes`: what differs from the image. */
export interface ContainerChange {
  readonly Path: string;
  /** 0 for changed, 1 for added, 2 for deleted. */
  readonly Kind: number;
}

/** One object of `GET /containers/{id}/stats`; engines add fields, so only those that all have are named. */
export interface ContainerStats {
  /** RFC 3339. */
  readonly read: string;
  readonly preread: string;
  readonly name?: string;
  readonly id?: string;
  readonly cpu_stats: CpuStats;
  /** Of the object before; in the first one zeros. */
  readonly precpu_stats: CpuStats;
  readonly memory_stats: { readonly usage?: number; readonly limit?: number; readonly [other: string]: unknown };
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly [other: string]: unknown;
}

export interface CpuStats {
  /** Nanoseconds. */
  readonly cpu_usage: { readonly total_usage: number; readonly [other: string]: unknown };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly [other: string]: unknown;
}

/** `X-Docker-Container-Path-Stat`: a file of a container. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** As Go has it: permissions in the lowest nine bits, bit 31 for a folder, bit 27 for a symbolic link. */
  readonly mode: number;
  /** RFC 3339. */
  readonly mtime: string;
  /** Where a symbolic link leads; empty for what is none. */
  readonly linkTarget: string;
}

export interface ContainersPruneReport {
  readonly ContainersDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}
