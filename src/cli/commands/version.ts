import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { goJson, printableJson } from '../output/printable.ts';
import { drayVersion } from '../version.ts';

interface VersionFlags {
  readonly format?: string;
  readonly json?: true;
}

export const version: Command = defineCommand<VersionFlags>({
  name: 'version',
  usage: '[OPTIONS]',
  description: 'Show the version of dray and of what it runs on.',
  operands: { min: 0, max: 0 },
  isDockers: true,
  registry: 'none',
  flags: () => [
    valued('-f, --format <TEMPLATE>', '"json", or a Go template', nonEmpty),
    toggle('--json', 'Print one JSON document'),
  ],
  examples: [
    ['dray version', 'For people'],
    ["dray version --format '{{.Client.Version}}'", 'The number alone'],
  ],
  async run({ flags, context }) {
    const client = {
      Version: await drayVersion(),
      NodeVersion: process.version,
      Os: osName(),
      Arch: architecture(),
    };
    await write(context.stdout, `${await versionText(client, flags)}\n`);
  },
});

type Client = Readonly<Record<'Version' | 'NodeVersion' | 'Os' | 'Arch', string>>;

async function versionText(client: Client, { format, json }: VersionFlags): Promise<string> {
  const all = { Client: client, Server: null };
  if (json === true) return printableJson(all);
  if (format === 'json') return goJson(all);
  if (format !== undefined) return byTemplate(client, format);
  const rows = [
    ['Version:', client.Version],
    ['Node version:', client.NodeVersion],
    ['OS/Arch:', `${client.Os}/${client.Arch}`],
  ];
  return `Client:\n${rows.map(([name = '', value = '']) => ` ${name.padEnd(19)}${value}`).join('\n')}`;
}

/** Loaded only where a template is given. */
async function byTemplate(client: Client, format: string): Promise<string> {
  const [{ formatOne }, { struct, typed }] = await Promise.all([import('../output/template.ts'), import('#template')]);
  const fields = { Client: struct('system.clientVersion', client), Server: typed('*types.Version', null) };
  return formatOne(struct('system.versionInfo', fields), format, 'version');
}

function osName(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}

/** As Go names it. */
function architecture(): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', loong64: 'loong64' };
  return names[process.arch] ?? process.arch;
}
