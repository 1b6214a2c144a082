import { cancelled, DrayError } from '#errors';
import type { CliContext } from './context.ts';
import { interruption } from './interruption.ts';
import { UsageError } from './usage-error.ts';

const LONGEST_SECRET = 64 * 1024;

/** Asks on the terminal, the question on stderr. Rejects with a UsageError where stdin is no terminal. */
export function ask(context: CliContext, question: string): Promise<string> {
  return readLine(context, question, false);
}

/** Like `ask`, but what is typed is not shown. */
export function askSecret(context: CliContext, question: string): Promise<string> {
  return readLine(context, question, true);
}

/** All of stdin, without the line end that `echo` adds. At most 64 KiB. */
export async function readSecret(context: CliContext): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of context.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    length += bytes.length;
    if (length > LONGEST_SECRET) {
      throw new DrayError('TOO_LARGE', `stdin has more than ${LONGEST_SECRET} bytes, too many for a password`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

async function readLine(context: CliContext, question: string, hidden: boolean): Promise<string> {
  const { stdin, stderr } = context;
  if (stdin.isTTY !== true) {
    throw new UsageError(`cannot ask for the ${question.replace(/:\s*$/, '').toLowerCase()}: stdin is no terminal`, {
      hint: 'give it on stdin, with --creds-stdin',
      dockerStatus: 1,
    });
  }
  stderr.write(question);
  if (hidden) stdin.setRawMode?.(true);
  try {
    return await typed(context);
  } finally {
    if (hidden) {
      stdin.setRawMode?.(false);
      stderr.write('\n');
    }
  }
}

/** What is typed up to the end of the line. In raw mode the terminal leaves editing and Ctrl-C to us. */
function typed({ stdin, signal }: CliContext): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (settle: () => void): void => {
      // At once: what is typed ahead belongs to the next question.
      stdin.pause();
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const onEnd = (): void => finish(() => reject(new DrayError('CANCELLED', 'nothing was typed')));
    const onAbort = (): void => finish(() => reject(cancelled(signal)));
    const onData = (chunk: Buffer | string): void => {
      const characters = [...chunk.toString()];
      for (const [position, character] of characters.entries()) {
        if (character === '\u0003') return finish(() => reject(interruption('SIGINT')));
        if (character === '\u0004' && text === '') return onEnd();
        if (character === '\r' || character === '\n') {
          const rest = characters.slice(position + 1).join('');
          finish(() => resolve(text));
          if (rest !== '') stdin.unshift(Buffer.from(rest));
          return;
        }
        text = character === '\u007f' || character === '\b' ? [...text].slice(0, -1).join('') : text + character;
      }
    };
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    signal.addEventListener('abort', onAbort, { once: true });
    stdin.resume();
  });
}
