import type { PulledImage, PullPlan } from '#image';
import { formatPlatform, shortId } from '#oci';
import { humanSize } from '#progress';
import { oneLine } from './printable.ts';
import { table } from './table.ts';

/** What a pull would do, for people: root, platforms, and the layers of those that would be pulled. */
export function planText(plan: PullPlan): string {
  const { total, present } = plan.bytes;
  const facts = [
    ['Digest:', plan.root.digest],
    ['Media type:', plan.root.mediaType],
    ['From:', plan.endpoint],
    ['Platforms:', plan.platforms.map(formatPlatform).join(', ')],
    ['To fetch:', `${humanSize(total - present)} of ${humanSize(total)}, ${humanSize(present)} is here`],
  ];
  const head = facts.map(([name = '', value = '']) => `${name.padEnd(13)}${oneLine(value)}\n`).join('');
  return `${oneLine(plan.fullName)}\n${head}${plan.images.map(imageText).join('')}`;
}

function imageText({ id, platform, manifest, layers }: PulledImage): string {
  const rows = layers.map(({ descriptor, present }) => [
    shortId(descriptor.digest),
    humanSize(descriptor.size),
    present ? 'here' : 'to fetch',
    oneLine(descriptor.mediaType),
  ]);
  const head = `\n${formatPlatform(platform)}  manifest ${manifest.digest}  image ID ${shortId(id)}\n`;
  return `${head}${table([['LAYER', 'SIZE', 'STATE', 'MEDIA TYPE'], ...rows])}`;
}
