import { createHash } from 'node:crypto';
import type { Digest } from '#oci';

/** An entry of a layer, written apart from the code under test. */
export interface TarPart {
  readonly name: string | Buffer;
  /** The type's letter; a file where nothing is said. */
  readonly type?: string;
  readonly body?: string;
  readonly link?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly device?: readonly [number, number];
  /** Records of a pax header before it. */
  readonly pax?: Readonly<Record<string, string | Buffer>>;
}

const BLOCK = 512;

export const file = (name: string, body: string = name, more: Partial<TarPart> = {}): TarPart => ({
  name,
  body,
  ...more,
});
export const folder = (name: string, more: Partial<TarPart> = {}): TarPart => ({
  name,
  type: '5',
  mode: 0o755,
  ...more,
});
export const symlink = (name: string, link: string | Buffer): TarPart => ({ name, type: '2', link, mode: 0o777 });
export const hardlink = (name: string, link: string): TarPart => ({ name, type: '1', link });
export const whiteout = (name: string): TarPart => ({ name, body: '' });

/** A tar of the parts, with its end. */
export function layerTar(...parts: readonly TarPart[]): Buffer {
  return Buffer.concat([...parts.flatMap(blocksOf), Buffer.alloc(2 * BLOCK)]);
}

export function diffIdOf(tar: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(tar).digest('hex')}`;
}

function blocksOf(part: TarPart): readonly Buffer[] {
  const body = Buffer.from(part.body ?? '');
  const pax = Buffer.concat(
    Object.entries(part.pax ?? {}).map(([key, value]) => record(key, Buffer.from(value as string))),
  );
  const extension = pax.length === 0 ? [] : [header({ name: 'pax', type: 'x' }, pax.length), padded(pax)];
  return [...extension, header(part, body.length), padded(body)];
}

function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

function header(part: TarPart, size: number): Buffer {
  const { mode = 0o644, uid = 0, gid = 0, mtime = 1_600_000_000, device = [0, 0] } = part;
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  };
  Buffer.from(part.name as string).copy(block, 0, 0, 100);
  octal(mode, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(size, 124, 11);
  octal(mtime, 136, 11);
  block.write(part.type ?? '0', 156);
  Buffer.from((part.link ?? '') as string).copy(block, 157, 0, 100);
  block.write('ustar\x0000', 257, 'latin1');
  octal(device[0], 329, 7);
  octal(device[1], 337, 7);
  block.fill(' ', 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block.write('\0 ', 154, 'latin1');
  return block;
}
