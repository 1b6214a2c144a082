import type { Option } from 'commander';
import type { IndexResult } from '#dray';
import { formatPlatform } from '#oci';
import type { Call } from '../command.ts';
import { write } from '../context.ts';
import { repeatable, toggle } from '../flags/flag.ts';
import { keyValue, nonEmpty } from '../flags/values.ts';
import { printableJson } from '../output/printable.ts';

/** Flags of all commands that change an index. */
export interface IndexFlags {
  readonly json?: true;
  readonly platform?: readonly string[];
  readonly quiet?: true;
}

export interface AnnotatedIndexFlags extends IndexFlags {
  readonly annotation?: readonly (readonly [string, string])[];
}

export function indexFlags(platforms: string): Option[] {
  return [
    toggle('--json', 'Print one JSON document'),
    repeatable('--platform <OS/ARCH[/VARIANT]>', platforms, nonEmpty),
    toggle('-q, --quiet', 'Print the digest alone'),
  ];
}

export function annotationFlag(): Option {
  return repeatable('--annotation <KEY=VALUE>', 'Annotation of the index (repeatable)', keyValue);
}

/** Prints what the index is now: a line for each entry, and its digest. */
export async function printIndex(result: IndexResult, { flags, context }: Call<IndexFlags>): Promise<void> {
  if (flags.json === true) return write(context.stdout, `${printableJson(result)}\n`);
  if (flags.quiet === true) return write(context.stdout, `${result.root.digest}\n`);
  const lines = result.manifests.map(
    ({ digest, platform }) => `${digest} ${platform === undefined ? '-' : formatPlatform(platform)}\n`,
  );
  await write(context.stdout, `${lines.join('')}${result.reference}: digest: ${result.root.digest}\n`);
}
