import type { Platform } from './platform.ts';

/** What is needed of Node's `process` to know the machine. */
export interface HostProcess {
  readonly platform: string;
  readonly arch: string;
  /** Node's build settings; tell the version of an arm processor. */
  readonly config?: { readonly variables?: object };
}

/** Node's names of processors, where Go has others. Node runs on little-endian POWER only. */
const PROCESSORS: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
  mipsel: 'mipsle',
};

/** The platform whose images this machine runs. Containers are Linux ones, whatever the system: on others they run in a virtual machine. */
export function hostPlatform(process: HostProcess): Platform {
  const architecture = Object.hasOwn(PROCESSORS, process.arch) ? PROCESSORS[process.arch] : process.arch;
  const linux = { os: 'linux', architecture: architecture ?? process.arch };
  if (architecture !== 'arm') return linux;
  const settings = process.config?.variables ?? {};
  const version = 'arm_version' in settings ? String(settings.arm_version) : '7';
  return { ...linux, variant: `v${version}` };
}
