import { DrayError } from '#errors';
import { printable, quoted } from '#oci';

/** Bcrypt hashes by user. */
export type Htpasswd = ReadonlyMap<string, string>;

const BCRYPT = /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
const CONTROL = /\p{Cc}/u;

/** How the tools that write such files begin what they write. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\$2[abxy]?\$/, 'bcrypt of a kind or length that is not known'],
  [/^\$apr1\$/, "MD5 (Apache's)"],
  [/^\$1\$/, 'MD5'],
  [/^\$5\$/, 'SHA-256'],
  [/^\$6\$/, 'SHA-512'],
  [/^\$(?:y|7)\$/, 'yescrypt or scrypt'],
  [/^\$argon2/, 'Argon2'],
  [/^\{SHA\}/i, 'SHA-1'],
  [/^\{SSHA\}/i, 'salted SHA-1'],
  [/^[./A-Za-z0-9]{13}$/, 'crypt (DES)'],
];

/** Reads what `htpasswd -B` writes. Throws INVALID_CONFIGURATION with the line for everything else; nothing of a password is told. */
export function readHtpasswd(text: string, path: string): Htpasswd {
  const users = new Map<string, string>();
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const wrong = (found: string, hint?: string): DrayError =>
      new DrayError('INVALID_CONFIGURATION', `line ${at + 1} of the htpasswd file ${path} ${found}`, {
        ...(hint !== undefined && { hint }),
      });
    const colon = line.indexOf(':');
    if (colon <= 0) throw wrong('is not of the form USER:HASH');
    const user = line.slice(0, colon);
    const hash = line.slice(colon + 1);
    if (CONTROL.test(user)) throw wrong('has a user with a control character in the name');
    if (users.has(user)) throw wrong(`names the user ${quoted(user)} again`);
    if (!BCRYPT.test(hash)) {
      throw wrong(
        `keeps the password of ${quoted(user)} as ${kindOf(hash)}; only bcrypt is taken`,
        `set it again: htpasswd -B ${path} ${printable(user)}`,
      );
    }
    users.set(user, hash);
  }
  return users;
}

function kindOf(hash: string): string {
  return KINDS.find(([pattern]) => pattern.test(hash))?.[1] ?? 'plain text or something unknown';
}
