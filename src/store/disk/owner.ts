import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '#errors';

/** Which process holds something, told so that another one can prove its death. */
export interface Owner {
  readonly pid: number;
  /** Where the pid means what it says: a boot and a pid namespace, or, where there is no /proc, a host. */
  readonly scope: string;
  /** Start of the process in clock ticks since boot: tells it from a later one with the same pid. */
  readonly started?: string | undefined;
}

/** `exact`: certainly dead. `likely`: no such process on a host with that name. */
export type Death = 'exact' | 'likely' | undefined;

export interface OwnerProof {
  self(): Owner;
  death(owner: Owner): Death;
}

let self: Owner | undefined;

/** Judges by /proc where there is one, else by the host's name. A pid of another container proves nothing. */
export const systemOwners: OwnerProof = {
  self() {
    self ??= describeSelf();
    return self;
  },
  death(owner) {
    const me = this.self();
    if (owner.scope !== me.scope) return undefined;
    const exact = me.started !== undefined;
    if (!isRunning(owner.pid)) return exact ? 'exact' : 'likely';
    if (owner.started === undefined) return undefined;
    const now = startOf(owner.pid);
    return now !== undefined && now !== owner.started ? 'exact' : undefined;
  },
};

function describeSelf(): Owner {
  const { pid } = process;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = readlinkSync('/proc/self/ns/pid');
    const started = startOf(pid);
    if (started !== undefined) return { pid, scope: `linux ${boot} ${namespace}`, started };
  } catch {
    // No /proc: the host's name is all there is.
  }
  return { pid, scope: `host ${process.platform} ${hostname()}` };
}

/** `dead` for a process that has ended and is not yet waited for; undefined where nothing can be seen. */
function startOf(pid: number): string | undefined {
  try {
    // The second field, the program's name, may hold spaces and brackets: count from its end.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : fields[19];
  } catch {
    return undefined;
  }
}

/** Asks the kernel, since /proc may hide the processes of other users. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}
