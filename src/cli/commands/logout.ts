import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { oneLine } from '../output/printable.ts';
import { withDray } from '../wire.ts';

const DOCKER_HUB = 'https://index.docker.io/v1/';

export const logout: Command = defineCommand<object>({
  name: 'logout',
  usage: '[SERVER]',
  description: 'Log out from a registry: remove the stored credential.\nIf no server is given, from Docker Hub.',
  operands: { min: 0, max: 1 },
  isDockers: true,
  registry: 'none',
  flags: () => [],
  examples: [
    ['dray logout localhost:5000', 'From one registry'],
    ['dray logout', 'From Docker Hub'],
  ],
  async run(call) {
    const { operands, context } = call;
    const [server] = operands;
    const removed = await withDray(call, (dray) => dray.logout(server, { signal: context.signal }));
    const name = oneLine(server === undefined || server === 'docker.io' ? DOCKER_HUB : hostOf(server));
    const line = removed ? `Removing login credentials for ${name}` : `Not logged in to ${name}`;
    await write(context.stdout, `${line}\n`);
  },
});

/** `host[:port]` of what may be a URL, as docker names it. */
function hostOf(server: string): string {
  if (server === DOCKER_HUB) return server;
  return server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
