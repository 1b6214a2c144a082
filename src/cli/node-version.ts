/** The oldest Node that dray runs on, `[major, minor]`. */
const OLDEST = [20, 19] as const;

/** One line for a Node that is too old, or undefined. */
export function nodeComplaint(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `dray: Node.js ${OLDEST.join('.')} or newer is needed; this is ${version}`;
}
