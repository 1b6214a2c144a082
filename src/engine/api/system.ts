import type { ContainerSummary } from './containers.ts';
import type { ImageSummary } from './images.ts';

/** What the headers of `/_ping` say. */
export interface PingInfo {
  /** Undefined for engines that are older than the header. */
  readonly apiVersion: string | undefined;
  readonly osType: string | undefined;
  readonly experimental: boolean;
  readonly builderVersion: string | undefined;
  readonly swarm: string | undefined;
}

/** `GET /version`. */
export interface VersionInfo {
  readonly Platform?: { readonly Name: string };
  readonly Components?: readonly VersionComponent[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion?: string;
  readonly Experimental?: boolean;
  readonly BuildTime?: string;
}

export interface VersionComponent {
  readonly Name: string;
  readonly Version: string;
  readonly Details?: Readonly<Record<string, string>> | null;
}

/** `GET /info`; engines add and drop fields, so only those that all have, and those that are asked for most, are named. */
export interface EngineInfo {
  readonly ID: string;
  readonly Containers: number;
  readonly ContainersRunning: number;
  readonly ContainersPaused: number;
  readonly ContainersStopped: number;
  readonly Images: number;
  readonly Driver: string;
  readonly DriverStatus: readonly (readonly [string, string])[] | null;
  readonly ServerVersion: string;
  readonly OperatingSystem: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly Name: string;
  readonly KernelVersion?: string;
  readonly DockerRootDir?: string;
  readonly IndexServerAddress?: string;
  readonly RegistryConfig?: EngineRegistries | null;
  readonly HttpProxy?: string;
  readonly HttpsProxy?: string;
  readonly NoProxy?: string;
  readonly Labels?: readonly string[] | null;
  readonly LoggingDriver?: string;
  readonly CgroupDriver?: string;
  readonly CgroupVersion?: string;
  readonly DefaultRuntime?: string;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly SecurityOptions?: readonly string[] | null;
  readonly Warnings?: readonly string[] | null;
  readonly [other: string]: unknown;
}

/** What an engine is set up with for registries. */
export interface EngineRegistries {
  /** Of Docker Hub. */
  readonly Mirrors?: readonly string[] | null;
  readonly InsecureRegistryCIDRs?: readonly string[] | null;
  /** By the registry's name. */
  readonly IndexConfigs?: Readonly<
    Record<
      string,
      {
        readonly Name: string;
        readonly Mirrors: readonly string[] | null;
        /** False: http, or a certificate that is not checked. */
        readonly Secure: boolean;
        readonly Official: boolean;
      }
    >
  > | null;
  readonly [other: string]: unknown;
}

/** `GET /system/df`. */
export interface DiskUsage {
  readonly LayersSize: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly VolumeSummary[] | null;
  readonly BuildCache: readonly BuildCacheItem[] | null;
  readonly BuilderSize?: number;
}

export interface VolumeSummary {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt?: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Scope: string;
  /** -1 for what is not known. */
  readonly UsageData?: { readonly RefCount: number; readonly Size: number } | null;
}

export interface BuildCacheItem {
  readonly ID: string;
  readonly Parents?: readonly string[] | null;
  /** `regular`, `source.local`, `exec.cachemount`, … */
  readonly Type: string;
  readonly Description: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt: string | null;
  readonly UsageCount: number;
}

/** `POST /auth`. */
export interface AuthAnswer {
  readonly Status: string;
  /** To be kept in place of the password; empty where there is none. */
  readonly IdentityToken: string;
}

/** One line of `GET /events`. */
export interface EngineEvent {
  /** As old clients know it: the action again, and of what. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly timeNano: number;
}
