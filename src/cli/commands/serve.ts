import { resolve } from 'node:path';
import type * as serveRoom from '#serve';
import type { RegistryServer, ServeSettings, SettingsPart } from '#serve';
import { closeServer } from '../close-server.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { isConfiguration } from '../flags/is-configuration.ts';
import { type ServeFlags, serveFlags, settingsOfFlags } from '../flags/serve-flags.ts';
import { jsonLine, oneLine, printableJson } from '../output/printable.ts';
import { servedLines } from '../output/serve-lines.ts';
import { maskedSettings } from '../output/serve-settings.ts';
import { withMachine } from '../serve-machine.ts';
import { untilStopped } from '../until-stopped.ts';

type ServeRoom = typeof serveRoom;

export const serve: Command = defineCommand<ServeFlags>({
  name: 'serve',
  usage: '[OPTIONS] [DIR|FILE]',
  description:
    'Serve a registry. Images are plain files in a folder (DIR, or --data), laid out as docker-registry lays them out: either can serve what the ' +
    "other one wrote. FILE, or --config, is a configuration: dray's own, or docker-registry's, with its REGISTRY_* variables.",
  operands: { min: 0, max: 1 },
  isDockers: false,
  registry: 'none',
  flags: serveFlags,
  examples: [
    ['dray serve', 'Images in this folder, for this machine, on port 5000'],
    ['dray serve --listen :5000 --data /srv/registry --htpasswd users', 'For all who have a password'],
    [
      'dray serve --upstream hub=docker.io --upstream ghcr=https://ghcr.io',
      'A cache: dray pull localhost:5000/hub/library/alpine',
    ],
    ['dray serve /etc/docker/registry/config.yml', 'In place of docker-registry'],
    ['dray serve --check --config registry.yml', 'What would hold, and what is ignored'],
  ],
  async run(call) {
    const { flags, context } = call;
    const room = await import('#serve');
    const { settings, notices } = await settingsOf(call, room);
    const warn = (text: string): void => void context.stderr.write(`WARNING: ${oneLine(text)}\n`);
    for (const notice of notices) warn(notice);
    if (flags.check === true) {
      await room.checkSettings(settings);
      return write(context.stdout, `${printableJson(maskedSettings(settings))}\n`);
    }
    const { stdout, stderr, signal } = context;
    const server = await room.startRegistryServer(await withMachine(settings, context.env), {
      stdout,
      stderr,
      signal,
      worker: serveWorker(),
    });
    context.onHangup?.(() => server.reload());
    try {
      await write(stdout, announcement(call, room, settings, server));
      const isOpen = Object.values(settings.access).every((part) => part === undefined || part === false);
      if (isOpen && !room.isLocal(server.address)) {
        const may = settings.readOnly ? 'pull' : settings.deletes ? 'pull, push and delete' : 'pull and push';
        warn(`whoever reaches this machine may ${may}; --htpasswd FILE asks for a password`);
      }
      await untilStopped(context.signal);
    } finally {
      await closeServer(server, context);
    }
  },
});

/** Set by the bundler. */
declare const DRAY_VERSION: string | undefined;

/** Processes of the server begin as this one did: beside this file stands the source, or what the compiler made of it, or it is all one file. */
function serveWorker(): { readonly script: URL; readonly argv: readonly string[] } {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const script =
    typeof DRAY_VERSION === 'string' ? new URL(import.meta.url) : new URL(`../main.${extension}`, import.meta.url);
  return { script, argv: ['--dray-serve-worker'] };
}

async function settingsOf(
  { flags, operands, context }: Call<ServeFlags>,
  { readConfiguration, completeSettings, checkUnnamedFolder, upstreamOf }: ServeRoom,
): Promise<{ readonly settings: ServeSettings; readonly notices: readonly string[] }> {
  const [operand] = operands;
  const isFile = operand !== undefined && isConfiguration(operand);
  const file = flags.config ?? (isFile ? operand : context.env['REGISTRY_CONFIGURATION_PATH']);
  const { settings: said, notices } = await readConfiguration({ file, env: context.env });
  const data = flags.data ?? (isFile ? undefined : operand);
  const over = settingsOfFlags({ ...flags, ...(data !== undefined && { data }) }, said, { resolve, upstreamOf });
  const here: SettingsPart = { data: resolve('.') };
  const settings = completeSettings(here, said, over);
  if (!settings.memory && said.data === undefined && data === undefined) await checkUnnamedFolder(resolve('.'));
  return { settings, notices };
}

function announcement(
  { flags }: Call<ServeFlags>,
  { clientHost }: ServeRoom,
  settings: ServeSettings,
  { address, url }: RegistryServer,
): string {
  if (flags.json === true) return `${jsonLine({ url })}\n`;
  if (flags.quiet === true) return `${oneLine(url)}\n`;
  return servedLines(settings, {
    url,
    host: address.kind === 'tcp' ? clientHost(address) : undefined,
    here: resolve('.'),
  });
}
