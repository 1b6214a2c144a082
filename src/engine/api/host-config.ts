/** What a container gets of the host, and what it is held to. Sizes are bytes; what is left out is the engine's default. */
export interface HostConfig {
  /** `/of/host:/of/container:ro`, or a volume's name before the colon. */
  readonly Binds?: readonly string[] | null;
  readonly Mounts?: readonly MountSettings[] | null;
  /** Options by the folder. */
  readonly Tmpfs?: Readonly<Record<string, string>>;
  readonly VolumeDriver?: string;
  readonly VolumesFrom?: readonly string[] | null;
  readonly StorageOpt?: Readonly<Record<string, string>>;
  readonly ReadonlyRootfs?: boolean;
  readonly ShmSize?: number;

  /** `bridge`, `host`, `none`, `container:NAME`, or the name of a network. */
  readonly NetworkMode?: string;
  /** By the container's port (`80/tcp`); without `HostPort` the engine chooses one. */
  readonly PortBindings?: Readonly<
    Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>
  >;
  readonly PublishAllPorts?: boolean;
  readonly Dns?: readonly string[] | null;
  readonly DnsOptions?: readonly string[] | null;
  readonly DnsSearch?: readonly string[] | null;
  /** `name:address`. */
  readonly ExtraHosts?: readonly string[] | null;
  readonly Links?: readonly string[] | null;

  readonly RestartPolicy?: {
    readonly Name: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure';
    readonly MaximumRetryCount?: number;
  };
  readonly AutoRemove?: boolean;
  /** Runs an init that reaps and passes signals on. */
  readonly Init?: boolean | null;
  readonly LogConfig?: { readonly Type?: string; readonly Config?: Readonly<Record<string, string>> | null };
  readonly Annotations?: Readonly<Record<string, string>>;
  /** Rows and columns of its terminal. */
  readonly ConsoleSize?: readonly [number, number];
  readonly ContainerIDFile?: string;
  readonly Runtime?: string;

  readonly Privileged?: boolean;
  readonly CapAdd?: readonly string[] | null;
  readonly CapDrop?: readonly string[] | null;
  readonly SecurityOpt?: readonly string[] | null;
  readonly GroupAdd?: readonly string[] | null;
  readonly MaskedPaths?: readonly string[] | null;
  readonly ReadonlyPaths?: readonly string[] | null;
  readonly Sysctls?: Readonly<Record<string, string>> | null;
  readonly CgroupnsMode?: string;
  readonly IpcMode?: string;
  readonly PidMode?: string;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly Cgroup?: string;
  readonly CgroupParent?: string;

  readonly Memory?: number;
  readonly MemoryReservation?: number;
  /** With the memory; -1 for no limit. */
  readonly MemorySwap?: number;
  readonly MemorySwappiness?: number | null;
  readonly KernelMemory?: number;
  readonly KernelMemoryTCP?: number;
  readonly OomKillDisable?: boolean | null;
  readonly OomScoreAdj?: number;
  /** -1 for no limit. */
  readonly PidsLimit?: number | null;
  readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[] | null;
  /** Billionths of a processor. */
  readonly NanoCpus?: number;
  readonly CpuShares?: number;
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  /** `0-3,6`. */
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly BlkioWeight?: number;
  readonly BlkioWeightDevice?: readonly { readonly Path: string; readonly Weight: number }[] | null;
  readonly BlkioDeviceReadBps?: readonly DeviceRate[] | null;
  readonly BlkioDeviceWriteBps?: readonly DeviceRate[] | null;
  readonly BlkioDeviceReadIOps?: readonly DeviceRate[] | null;
  readonly BlkioDeviceWriteIOps?: readonly DeviceRate[] | null;

  readonly Devices?: readonly DeviceMapping[] | null;
  readonly DeviceCgroupRules?: readonly string[] | null;
  readonly DeviceRequests?: readonly DeviceRequest[] | null;

  /** Of Windows alone. */
  readonly Isolation?: string;
  readonly CpuCount?: number;
  readonly CpuPercent?: number;
  readonly IOMaximumIOps?: number;
  readonly IOMaximumBandwidth?: number;
}

/** A mount with its options spelled out, in place of a line of `Binds`. */
export interface MountSettings {
  readonly Type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster';
  /** A path of the host, or the name of a volume or an image. */
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: {
    readonly Propagation?: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave';
    readonly NonRecursive?: boolean;
    readonly CreateMountpoint?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly Subpath?: string;
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> };
  };
  readonly TmpfsOptions?: {
    readonly SizeBytes?: number;
    readonly Mode?: number;
    readonly Options?: readonly (readonly string[])[];
  };
  readonly ImageOptions?: { readonly Subpath?: string };
}

/** Per second. */
export interface DeviceRate {
  readonly Path: string;
  readonly Rate: number;
}

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  /** `rwm` or less. */
  readonly CgroupPermissions: string;
}

/** Devices by what they can do, `docker run --gpus` for one: any list of `Capabilities` has to fit. */
export interface DeviceRequest {
  readonly Driver?: string;
  /** -1 for all. */
  readonly Count?: number;
  readonly DeviceIDs?: readonly string[] | null;
  readonly Capabilities?: readonly (readonly string[])[] | null;
  readonly Options?: Readonly<Record<string, string>> | null;
}
