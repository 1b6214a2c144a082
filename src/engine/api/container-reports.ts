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
  /** `stats` is as the kernel names it; docker shows the usage without its `inactive_file`, or `total_inactive_file`. */
  readonly memory_stats: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: Readonly<Record<string, number>>;
    readonly [other: string]: unknown;
  };
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly num_procs?: number;
  /** By the interface; none without a network. */
  readonly networks?: Readonly<Record<string, NetworkStats>>;
  readonly blkio_stats?: Readonly<Record<string, readonly BlockStats[] | null>>;
  readonly [other: string]: unknown;
}

/** Bytes and packets since the container began. */
export interface NetworkStats {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}

/** What has been done at a device. */
export interface BlockStats {
  readonly major: number;
  readonly minor: number;
  /** `read`, `write`, …; some kernels begin it with a capital. */
  readonly op: string;
  readonly value: number;
}

export interface CpuStats {
  /** Nanoseconds. */
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly percpu_usage?: readonly number[] | null;
    readonly usage_in_kernelmode?: number;
    readonly usage_in_usermode?: number;
    readonly [other: string]: unknown;
  };
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
