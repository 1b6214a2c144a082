import { cleanText } from './clean-text.ts';
import { HeaderList } from './header-list.ts';
import { Malformed } from './malformed.ts';

/** Most bytes of a head, its empty line included. */
export const HEAD_LIMIT = 65_536;
const MOST_LINES = 200;
const END = '\r\n\r\n';
const START = 'HTTP/1.';

export interface ResponseHead {
  readonly minorVersion: 0 | 1;
  readonly status: number;
  /** As the server sent it: to be cleaned before it is shown. */
  readonly reason: string;
  readonly headers: HeaderList;
}

export interface FoundHead {
  readonly text: string;
  /** What came behind the head: a slice of the chunk that ended it. */
  readonly rest: Uint8Array;
}

/** Collects one head from chunks of any size. */
export class HeadReader {
  #kept: Buffer | undefined;
  #length = 0;

  /** The head, when `chunk` has its end; undefined when more must come. Throws Malformed as soon as it is no HTTP, or over 64 KiB. */
  feed(chunk: Uint8Array): FoundHead | undefined {
    if (this.#length < START.length) this.#checkStart(chunk);
    if (this.#kept === undefined) {
      const end = viewOf(chunk).indexOf(END, 0, 'latin1');
      if (end >= 0 && end + END.length <= HEAD_LIMIT) {
        return { text: latin1(chunk.subarray(0, end)), rest: chunk.subarray(end + END.length) };
      }
      this.#kept = Buffer.allocUnsafe(HEAD_LIMIT);
    }
    return this.#append(this.#kept, chunk);
  }

  #append(kept: Buffer, chunk: Uint8Array): FoundHead | undefined {
    const before = this.#length;
    this.#length += viewOf(chunk).copy(kept, before);
    const end = kept.subarray(0, this.#length).indexOf(END, Math.max(0, before - END.length + 1), 'latin1');
    if (end >= 0) {
      return { text: kept.toString('latin1', 0, end), rest: chunk.subarray(end + END.length - before) };
    }
    if (this.#length === HEAD_LIMIT) throw new Malformed(`its head is longer than ${HEAD_LIMIT} bytes`);
    return undefined;
  }

  #checkStart(chunk: Uint8Array): void {
    const known = this.#kept?.toString('latin1', 0, this.#length) ?? '';
    const start = known + latin1(chunk.subarray(0, START.length - known.length));
    if (START.startsWith(start)) return;
    // The first two bytes of a TLS alert or handshake.
    if (start.startsWith('\u0015\u0003') || start.startsWith('\u0016\u0003'))
      throw new Malformed('it is TLS, not plain http');
    throw new Malformed(`it begins with "${cleanText(known + latin1(chunk.subarray(0, 80)), 60)}"`);
  }
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Bytes as the characters that headers are made of. */
export const latin1 = (bytes: Uint8Array): string => viewOf(bytes).toString('latin1');

/** Reads a head (without its empty line) strictly. Throws Malformed. */
export function parseHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.split('\r\n');
  if (lines.length >= MOST_LINES) throw new Malformed(`its head has more than ${MOST_LINES} lines`);
  checkCharacters(statusLine, 'status line');
  const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(statusLine);
  if (status === null) throw new Malformed(`its status line is "${cleanText(statusLine, 60)}"`);
  const headers = new HeaderList();
  for (const line of lines) {
    const [name, value] = parseField(line);
    headers.add(name, value);
  }
  return {
    minorVersion: status[1] === '0' ? 0 : 1,
    status: Number(status[2]),
    reason: status[3] ?? '',
    headers,
  };
}

/** One header or trailer line: the name in lower case, and the value. Throws Malformed. */
export function parseField(line: string): [name: string, value: string] {
  if (/^[ \t]/.test(line)) throw new Malformed('a header goes on in a second line');
  checkCharacters(line, 'header');
  const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*)$/.exec(line);
  if (field === null) throw new Malformed(`it has the header line "${cleanText(line, 60)}"`);
  return [(field[1] ?? '').toLowerCase(), withoutBlanks(field[2] ?? '')];
}

/** Without the blanks at its end; `trimEnd` would also take what is no blank in HTTP. */
function withoutBlanks(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\t')) end--;
  return value.slice(0, end);
}

function checkCharacters(line: string, what: string): void {
  if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(line)) {
    throw new Malformed(`its ${what} "${cleanText(line, 60)}" has control characters`);
  }
}
