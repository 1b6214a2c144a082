import { readFile } from 'node:fs/promises';
import { availableParallelism, hostname, machine, release, totalmem, type } from 'node:os';

/** The machine that an engine runs on. */
export interface HostFacts {
  readonly name: string;
  readonly kernel: string;
  /** As people name it, `Debian GNU/Linux 12 (bookworm)`. */
  readonly system: string;
  readonly systemVersion: string;
  /** As the kernel names it, `x86_64`. */
  readonly machine: string;
  readonly processors: number;
  /** Bytes. */
  readonly memory: number;
}

/** What the machine says of itself. */
export async function hostFacts(): Promise<HostFacts> {
  const { PRETTY_NAME: system, VERSION_ID: systemVersion } = await osRelease();
  return {
    name: hostname(),
    kernel: release(),
    system: system ?? type(),
    systemVersion: systemVersion ?? '',
    machine: machine(),
    processors: availableParallelism(),
    memory: totalmem(),
  };
}

const FILES = ['/etc/os-release', '/usr/lib/os-release'];

/** What distributions say of themselves: assignments, as a shell reads them. Nothing where there is no such file. */
async function osRelease(): Promise<Readonly<Record<string, string>>> {
  for (const file of FILES) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseOsRelease(text);
  }
  return {};
}

export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const assignments = text.matchAll(/^[ \t]*([A-Z0-9_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']*))[ \t]*$/gm);
  return Object.fromEntries(
    [...assignments].map(([, name = '', double, single, bare = '']) => [
      name,
      single ?? (double ?? bare).replaceAll(/\\(.)/g, '$1'),
    ]),
  );
}
