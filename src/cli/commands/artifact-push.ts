import type { ArtifactFile } from '#dray';
import { type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle, valued } from '../flags/flag.ts';
import { keyValue, nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { printableJson } from '../output/printable.ts';
import { withDray } from '../wire.ts';

interface ArtifactPushFlags {
  readonly annotation?: readonly (readonly [string, string])[];
  readonly artifactType?: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly subject?: string;
}

export const artifactPush: Command = defineCommand<ArtifactPushFlags>({
  name: 'artifact push',
  usage: '[OPTIONS] NAME[:TAG] FILE[:TYPE]...',
  description:
    'Push files to a registry as an artifact, a layer for each. The paths are the names that the files get where they are pulled. ' +
    'The same files give the same digest. Without a tag the artifact is known by its digest.',
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  isDockers: false,
  registry: 'all',
  flags: () => [
    repeatable('--annotation <KEY=VALUE>', 'Annotation of the artifact (repeatable)', keyValue),
    valued('--artifact-type <TYPE>', 'What it is (default: application/vnd.unknown.artifact.v1)', nonEmpty),
    toggle('--json', 'Print one JSON document'),
    toggle('-q, --quiet', 'Print the digest alone'),
    valued('--subject <TAG|DIGEST>', 'The image in the same repository that it is about', nonEmpty),
  ],
  examples: [
    ['dray artifact push host/files:1 report.pdf data/a.csv:text/csv', 'Two files'],
    ['dray artifact push --subject 1.2 --artifact-type application/spdx+json host/app sbom.json', 'About an image'],
  ],
  async run(call) {
    const { flags, operands, context } = call;
    const [target = '', ...files] = operands;
    const { artifactType, subject } = flags;
    const annotations = Object.fromEntries(flags.annotation ?? []);
    const options = { ...listening(call), artifactType, subject, annotations };
    const pushed = await withDray(call, (dray) => dray.pushArtifact(target, files.map(fileOf), options));
    if (flags.json === true) return write(context.stdout, `${printableJson(pushed)}\n`);
    if (flags.quiet === true) return write(context.stdout, `${pushed.root.digest}\n`);
    await write(context.stdout, `Pushed ${pushed.reference}\nDigest: ${pushed.root.digest}\n`);
  },
});

/** What is behind the last colon is a media type where it has a slash, and what is before it is no drive letter. */
function fileOf(text: string): ArtifactFile {
  const { path, mediaType } = /^(?<path>.{2,}):(?<mediaType>[^:/\\]+\/[^:/\\]+)$/s.exec(text)?.groups ?? {};
  return path === undefined ? { path: text } : { path, mediaType };
}
