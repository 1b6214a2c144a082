/** What an operand of a command names. */
export type OperandKind = 'image' | 'image-or-file' | 'repository' | 'file' | 'host' | 'command' | 'none';

/** What the operand at `index` is, as the usage of its command says: `[OPTIONS] IMAGE [PATH]`. */
export function operandKind(usage: string, index: number): OperandKind {
  const [first = ''] = usage.replaceAll('[OPTIONS]', '').split(' | ');
  const words = first.trim().split(/\s+/);
  const repeats = words.at(-1)?.includes('...') === true;
  const word = words[index] ?? (repeats ? words.at(-1) : undefined);
  return word === undefined ? 'none' : kindOf(word, words.slice(0, index));
}

/** The words that an operand is one of: `bash|zsh|fish`. */
export function operandChoices(usage: string, index: number): readonly string[] {
  const word = usage.split(' ')[index] ?? '';
  return /^[a-z]+(?:\|[a-z]+)+$/.test(word) ? word.split('|') : [];
}

function kindOf(word: string, before: readonly string[]): OperandKind {
  const name = /[A-Z_]+/.exec(word)?.[0] ?? '';
  switch (name) {
    case 'IMAGE':
    case 'SRC':
    case 'DST':
      return 'image-or-file';
    case 'NAME':
    case 'SOURCE_IMAGE':
    case 'TARGET_IMAGE':
      return 'image';
    case 'REPOSITORY':
      return word.includes('TAG') ? 'image' : 'repository';
    case 'PATH':
      // Behind an image it is a path in there.
      return before.some((one) => one.includes('IMAGE')) ? 'none' : 'file';
    case 'FILE':
    case 'DIR':
    case 'CONTEXT':
      return 'file';
    case 'HOST':
      return word.includes('TERM') ? 'none' : 'host';
    case 'SERVER':
      return 'host';
    case 'COMMAND':
      return 'command';
    default:
      return 'none';
  }
}
