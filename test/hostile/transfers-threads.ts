import { buildImage, buildLayer, type Match, type TestImage } from 'dray/testing';
import type { TransferCase } from './transfer-cases.ts';

export const MiB = 1 << 20;
export const layers = [22, 18, 14].map((size, at) => buildLayer({ fill: size * MiB, seed: `threads-${at}` }));
/** So much that several threads bring it. */
export const image: TestImage = buildImage({ layers });
export const blobs: Match = {
  kind: 'blob',
  when: ({ reference }: { reference: string }) => layers.some(({ digest }) => digest === reference),
};
export const much = (name: string, more: Partial<TransferCase>): TransferCase => ({
  name,
  image,
  ends: 'right',
  ...more,
});
