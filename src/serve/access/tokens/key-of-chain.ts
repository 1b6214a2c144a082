import { type KeyObject, X509Certificate } from 'node:crypto';

/** Certificates between a token and a root. */
const LONGEST_CHAIN = 10;

/**
 * The key of the first certificate of `x5c` (https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6), if the others lead from it to one of the roots
 * and all are valid now; undefined otherwise.
 */
export function keyOfChain(x5c: unknown, roots: readonly X509Certificate[], now: Date): KeyObject | undefined {
  const chain = readChain(x5c);
  const [leaf, ...others] = chain ?? [];
  if (leaf === undefined) return undefined;
  let current: X509Certificate | undefined = leaf;
  let rest = others;
  while (current !== undefined && isValid(current, now)) {
    const { fingerprint256 } = current;
    if (roots.some((root) => root.fingerprint256 === fingerprint256)) return leaf.publicKey;
    const child: X509Certificate = current;
    if (roots.some((root) => isValid(root, now) && signs(root, child))) return leaf.publicKey;
    const parent = rest.find((other) => signs(other, child));
    current = parent;
    rest = rest.filter((other) => other !== parent);
  }
  return undefined;
}

function readChain(x5c: unknown): readonly X509Certificate[] | undefined {
  if (!Array.isArray(x5c) || x5c.length > LONGEST_CHAIN) return undefined;
  try {
    return x5c.map((text) => new X509Certificate(Buffer.from(String(text), 'base64')));
  } catch {
    return undefined;
  }
}

function signs(authority: X509Certificate, child: X509Certificate): boolean {
  try {
    return authority.ca && child.checkIssued(authority) && child.verify(authority.publicKey);
  } catch {
    return false;
  }
}

function isValid({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return new Date(validFrom) <= now && now <= new Date(validTo);
}
