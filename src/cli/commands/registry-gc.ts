import { humanSize } from '#progress';
import type { MaintenanceReport, MaintenanceRules, Removal, ServeSettings } from '#serve';
import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { type RegistryFolderFlags, registryFolder, registryFolderFlags } from '../flags/registry-folder.ts';
import { anyDuration } from '../flags/values.ts';
import { oneLine, printableJson } from '../output/printable.ts';

interface RegistryGcFlags extends RegistryFolderFlags {
  readonly deleteUntagged?: true;
  readonly dryRun?: true;
  readonly grace?: number;
  readonly json?: true;
  readonly now?: true;
  readonly quiet?: true;
}

export const registryGc: Command = defineCommand<RegistryGcFlags>({
  name: 'registry gc',
  usage: '[OPTIONS] [DIR|FILE]',
  description:
    'Remove what nothing needs from the folder of a registry (DIR, or --data), also while dray serves it: blobs that no manifest names, and ' +
    'uploads that nobody went on with for a week. With FILE, or --config, also what the rules there no longer keep. Blobs are put away first, and ' +
    'deleted by a run ten minutes later. docker-registry has to be stopped, or read-only, meanwhile.',
  operands: { min: 0, max: 1 },
  isDockers: false,
  registry: 'none',
  flags: () => [
    ...registryFolderFlags(),
    toggle('-m, --delete-untagged', 'Also remove manifests that no tag and no index leads to'),
    toggle('-d, --dry-run', 'Say what would be removed, and remove nothing'),
    valued(
      '--grace <DURATION>',
      'Leave alone what is younger; pushes under way need some time (default 1h)',
      anyDuration,
    ),
    toggle('--json', 'Print one JSON document'),
    toggle('--now', 'Delete blobs at once, not ten minutes later'),
    toggle('-q, --quiet', 'Print nothing but what fails'),
  ],
  examples: [
    ['dray registry gc --dry-run --data /srv/registry', 'What would go, and how much that is'],
    ['dray registry gc -m --now --data /srv/registry', 'Untagged manifests too, and the room at once'],
    ['dray registry gc --config registry.yml', 'By the rules of the server'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const { createMaintenance } = await import('#serve');
    const { root, settings } = await registryFolder(call, operands[0]);
    const dryRun = flags.dryRun === true;
    const removals: Removal[] = [];
    const maintenance = createMaintenance({
      ...rulesOf(call, settings),
      root,
      sync: settings.sync,
      onNotice: (text) => void context.stderr.write(`WARNING: ${oneLine(text)}\n`),
    });
    let report: MaintenanceReport;
    try {
      const onRemoved = (removal: Removal): unknown => flags.quiet !== true && removals.push(removal);
      report = await maintenance.run({ dryRun, signal: context.signal, onRemoved });
    } finally {
      if (flags.json !== true) await write(context.stdout, removals.map(removalLine).join(''));
    }
    if (flags.json === true) return write(context.stdout, `${printableJson({ root, ...report, removals })}\n`);
    if (flags.quiet !== true) await write(context.stdout, summary(report));
  },
});

function rulesOf({ flags }: Call<RegistryGcFlags>, { maintenance, immutable }: ServeSettings): MaintenanceRules {
  return {
    ...maintenance,
    immutable,
    uploads: maintenance?.uploads ?? {},
    collect: {
      ...maintenance?.collect,
      ...(flags.grace !== undefined && { grace: flags.grace }),
      ...(flags.now === true && { trash: 0 }),
      ...(flags.deleteUntagged === true && { deleteUntagged: true }),
    },
  };
}

function removalLine({ kind, repository = '', name, bytes }: Removal): string {
  const of = oneLine(repository);
  const what = oneLine(name);
  const size = `(${humanSize(bytes)})`;
  const text = {
    tag: `Untagged: ${of}:${what}`,
    manifest: `Deleted: ${of}@${what}`,
    link: `Unlinked: ${of} ${what}`,
    blob: `Put away: ${what} ${size}`,
    trash: `Deleted: ${what} ${size}`,
    upload: `Deleted upload: ${of === '' ? '' : `${of} `}${what} ${size}`,
  };
  return `${text[kind]}\n`;
}

function summary({ dryRun, blobs, blobBytes, trash, trashBytes, uploadBytes }: MaintenanceReport): string {
  const would = dryRun ? ' (dry run: nothing was removed)' : '';
  const waiting = blobs > 0 && trash < blobs;
  const later = `Put away: ${blobs} ${blobs === 1 ? 'blob' : 'blobs'}, ${humanSize(blobBytes)}; a run in ten minutes or later deletes them, --now does it at once\n`;
  return `${waiting ? later : ''}Total reclaimed space: ${humanSize(trashBytes + uploadBytes)}${would}\n`;
}
