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

/** `GET /info`; engines add and drop fields, so only those that all have are named. */
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
  readonly [other: string]: unknown;
}

/** `GET /system/df`. */
export interface DiskUsage {
  readonly LayersSize: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly unknown[] | null;
  readonly BuildCache: readonly unknown[] | null;
  readonly BuilderSize?: number;
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
