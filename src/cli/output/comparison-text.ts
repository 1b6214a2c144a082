import type { Comparison, FileChange, ImageFile } from '#image';
import { humanSize } from '#progress';
import { escapedName, modeText } from './file-rows.ts';
import { jsonLine, oneLine } from './printable.ts';

const LETTERS = { added: 'A', changed: 'C', removed: 'D', touched: '~' } as const;

/** What differs, a line each, and the numbers at the end. */
export function comparisonText(found: Comparison): string {
  const config = found.config.map(({ field, a, b }) => {
    const values = `${a === undefined ? '(none)' : jsonLine(a)} -> ${b === undefined ? '(none)' : jsonLine(b)}`;
    return `config ${oneLine(field)}: ${values}\n`;
  });
  return `${found.files.map((change) => `${fileLine(change)}\n`).join('')}${config.join('')}${comparisonStat(found)}`;
}

/** The numbers alone. */
export function comparisonStat({ a, b, files, config, layers }: Comparison): string {
  const counts = (['added', 'changed', 'removed', 'touched'] as const).flatMap((kind) => {
    const some = files.filter((change) => change.kind === kind);
    return some.length === 0 ? [] : [`${some.length} ${kind === 'touched' ? 'added or changed' : kind}`];
  });
  const grown = sum(files.map((change) => change.b?.size ?? 0)) - sum(files.map((change) => change.a?.size ?? 0));
  const size = `${grown < 0 ? '-' : '+'}${humanSize(Math.abs(grown))}`;
  const lines = [
    `${oneLine(a.reference)} (${a.platform}) -> ${oneLine(b.reference)} (${b.platform})`,
    `files: ${counts.length === 0 ? 'no difference' : `${counts.join(', ')} (${size})`}`,
    `config: ${config.length === 0 ? 'no difference' : `${config.length} ${config.length === 1 ? 'difference' : 'differences'}`}`,
    `layers: ${layersText('shared', layers.shared)}, ${layersText('of the first alone', layers.a)}, ${layersText('of the second alone', layers.b)}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function layersText(what: string, layers: Comparison['layers']['shared']): string {
  return `${layers.length} ${what} (${humanSize(sum(layers.map(({ size }) => size)))})`;
}

function fileLine({ kind, path, a, b, aspects = [] }: FileChange): string {
  const line = `${LETTERS[kind]} /${escapedName(path)}`;
  if (a === undefined || b === undefined || kind !== 'changed') return line;
  return `${line} (${aspects.map((aspect) => `${aspect}${fromTo(aspect, a, b)}`).join(', ')})`;
}

function fromTo(aspect: string, a: ImageFile, b: ImageFile): string {
  switch (aspect) {
    case 'type':
      return ` ${a.type} -> ${b.type}`;
    case 'mode':
      return ` ${modeText(a)} -> ${modeText(b)}`;
    case 'owner':
      return ` ${a.uid}:${a.gid} -> ${b.uid}:${b.gid}`;
    case 'size':
      return ` ${humanSize(a.size)} -> ${humanSize(b.size)}`;
    case 'link':
      return ` ${escapedName(a.link ?? '')} -> ${escapedName(b.link ?? '')}`;
    default:
      return '';
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
