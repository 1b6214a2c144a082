/** The newest version of the Engine API that is spoken here, and the oldest that is answered. */
export const NEWEST_API_VERSION = '1.51';
export const OLDEST_API_VERSION = '1.24';

const FORM = /^(?<major>\d{1,4})\.(?<minor>\d{1,4})$/;

/** True for `1.47`. */
export function isApiVersion(text: string): boolean {
  return FORM.test(text);
}

/** Less than zero where `a` is older than `b`. Both have to be versions. */
export function compareApiVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
