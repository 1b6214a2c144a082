import { DrayError } from '#errors';
import type { ContainerConfig } from './container-config.ts';

/** All ports there are, of two protocols. */
const MOST_PORTS = 2 * 65_536;
/** How many ports have been named for a config, also those that were named before: each costs time. */
const named = new WeakMap<ContainerConfig, number>();

/** Adds ports as EXPOSE has them, `80`, `53/udp`, `8000-8010`. Throws INVALID_OPTION, also for more than all there are. */
export function exposePorts(config: ContainerConfig, words: readonly string[]): void {
  const ports = words.map(portsOf);
  const count = ports.reduce((sum, { from, to }) => sum + to - from + 1, named.get(config) ?? 0);
  if (count > MOST_PORTS) throw new DrayError('INVALID_OPTION', `EXPOSE names more than ${MOST_PORTS} ports`);
  named.set(config, count);
  // added to as it is: a copy for each change would take long
  const exposed = (config.ExposedPorts ??= {});
  for (const { from, to, protocol } of ports) {
    for (let port = from; port <= to; port += 1) exposed[`${port}/${protocol}`] = {};
  }
}

interface Ports {
  readonly from: number;
  readonly to: number;
  readonly protocol: string;
}

function portsOf(word: string): Ports {
  const [, first = '', last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([A-Za-z]+))?$/.exec(word) ?? [];
  const known = /^(?:tcp|udp|sctp)$/i.test(protocol);
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || !known || to > 65_535 || from > to) {
    throw new DrayError('INVALID_OPTION', `Invalid containerPort: ${word}`);
  }
  return { from, to, protocol: protocol.toLowerCase() };
}
