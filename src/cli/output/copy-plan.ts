import type { BlobOutcome, CopyResult } from '#image';
import { formatPlatform, shortId } from '#oci';
import { humanSize } from '#progress';
import { oneLine } from './printable.ts';

const WORDS: Readonly<Record<BlobOutcome, string>> = {
  copied: 'to copy',
  mounted: 'to mount',
  present: 'is there',
  skipped: 'not distributed',
};

/** What a copy would do, for people. */
export function copyPlan({ source, target, root, names, blobs, bytes, referrers }: CopyResult): string {
  const lines = [
    `${oneLine(source)} to ${oneLine(target)}`,
    `  digest: ${root.digest}${root.platform === undefined ? '' : ` (${formatPlatform(root.platform)})`}`,
    ...(names.length === 0 ? [] : [`  as: ${names.map(oneLine).join(', ')}`]),
    ...blobs.map(({ descriptor: { digest, size }, outcome }) => {
      return `  ${shortId(digest)}  ${humanSize(size).padStart(9)}  ${WORDS[outcome]}`;
    }),
    ...(referrers.length === 0
      ? []
      : [`  with ${referrers.length} that ${referrers.length === 1 ? 'refers' : 'refer'} to it`]),
    `  to copy: ${humanSize(bytes.copied)} of ${humanSize(bytes.total)};${bytes.mounted > 0 ? ` to mount: ${humanSize(bytes.mounted)};` : ''} ${humanSize(bytes.present)} is there already`,
  ];
  return `${lines.join('\n')}\n`;
}
