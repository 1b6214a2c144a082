/** One challenge of a `WWW-Authenticate` header (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** By lower-case name; of a parameter that comes twice, the first. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly token68: string | undefined;
}

/** Characters read of all header lines together; what is beyond is not looked at. */
const LONGEST = 8192;

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const SPACE = /[ \t]*/y;
const BETWEEN = /[ \t,;]*/y;
/** Only where nothing else follows: `realm=x` begins like a token68, too. */
const TOKEN68 = /[ \t]+([A-Za-z0-9._~+/-]+=*)[ \t]*(?=,|$)/y;
const QUOTED = /"((?:[^"\\]|\\[^])*)"/y;
const UNQUOTED = /[^ \t,]*/y;

/** Reads one header line from left to right; every regular expression is tried once at a place, so the time is linear. */
class Scanner {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text) ?? undefined;
    if (match !== undefined) this.at = pattern.lastIndex;
    return match;
  }

  takeChar(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  skip(): void {
    this.at++;
  }

  end(): void {
    this.at = this.text.length;
  }
}

interface OpenChallenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
  token68: string | undefined;
}

/** Undefined for a quoted string without an end: what it was meant to hold is unknown, and so is all that follows. */
function takeValue(scanner: Scanner): string | undefined {
  const quoted = scanner.take(QUOTED)?.[1];
  if (quoted !== undefined) return quoted.replaceAll(/\\([^])/g, '$1');
  if (scanner.takeChar('"')) {
    scanner.end();
    return undefined;
  }
  return scanner.take(UNQUOTED)?.[0];
}

function readLine(line: string, into: OpenChallenge[]): void {
  const scanner = new Scanner(line);
  let current: OpenChallenge | undefined;
  for (scanner.take(BETWEEN); !scanner.done; scanner.take(BETWEEN)) {
    const word = scanner.take(TOKEN)?.[0].toLowerCase();
    if (word === undefined) {
      scanner.skip();
      continue;
    }
    const token68 = scanner.take(TOKEN68)?.[1];
    if (token68 === undefined) {
      scanner.take(SPACE);
      if (scanner.takeChar('=')) {
        scanner.take(SPACE);
        const value = takeValue(scanner);
        if (value !== undefined && current?.parameters.has(word) === false) current.parameters.set(word, value);
        continue;
      }
    }
    current = { scheme: word, parameters: new Map(), token68 };
    into.push(current);
  }
}

/**
 * The challenges in the `WWW-Authenticate` header lines of a response, in order. Takes what servers really send: several in one line or
 * in several, any case and spacing, values without quotes, commas left out. What makes no sense is passed over; it never throws, and looks at 8 KiB at most.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  const challenges: OpenChallenge[] = [];
  let left = LONGEST;
  for (const value of values) {
    if (left <= 0) break;
    readLine(value.slice(0, left), challenges);
    left -= value.length;
  }
  return challenges;
}
