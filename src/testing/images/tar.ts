import { DrayError } from '#errors';

/** One entry of a layer. A name that ends in "/" is a folder; one with `link` is a symbolic link, or what `type` says. */
export interface LayerFile {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly mode?: number;
  readonly link?: string;
  /** The letter of another type: `1` a hard link, `x` a pax header, `L` a long name of GNU's, `3` a device. */
  readonly type?: string;
}

const BLOCK = 512;
const USUAL_MODES = { '0': 0o644, '2': 0o777, '5': 0o755 } as const;

/**
 * A plain ustar archive: owner 0:0, time 0, entries in the order given. Names up to 100 bytes. Written apart from the archive room on
 * purpose: what is under test must not make its own test data.
 */
export function tarOf(files: readonly LayerFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const content = typeof file.content === 'string' ? Buffer.from(file.content) : (file.content ?? new Uint8Array());
    parts.push(header(file, content.length), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(file: LayerFile, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string, at: number, room: number): void => {
    if (Buffer.byteLength(value) > room)
      throw new DrayError('INVALID_OPTION', `"${value}" is too long for a tar header`);
    block.write(value, at);
  };
  const octal = (value: number, at: number, digits: number): void =>
    text(value.toString(8).padStart(digits, '0'), at, digits);
  const type = typeOf(file);
  text(file.name, 0, 100);
  octal(file.mode ?? USUAL_MODES[type as keyof typeof USUAL_MODES] ?? 0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  text(type, 156, 1);
  text(file.link ?? '', 157, 100);
  text('ustar\x0000', 257, 8);
  block.fill(' ', 148, 156); // the checksum counts as spaces while it is computed
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return block;
}

/** A file, a symbolic link or a folder, as the header says it. */
function typeOf(file: LayerFile): string {
  if (file.type !== undefined) return file.type;
  if (file.link !== undefined) return '2';
  return file.name.endsWith('/') ? '5' : '0';
}
