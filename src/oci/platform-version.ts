/** From Windows Server 2022 on, a host runs the images of every release since then. */
const WINDOWS_2022 = 20_348;

interface WindowsVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

/** `10.0.20348[.…]`; undefined for anything else. */
function parseWindowsVersion(text: string | undefined): WindowsVersion | undefined {
  const [, major, minor, build] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,5})(?:\.|$)/.exec(text ?? '') ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor), build: Number(build) };
}

/** True when a Windows host of version `host` runs an image of version `image`. Not knowing one of them is no hindrance. */
export function windowsRuns(host: string | undefined, image: string | undefined): boolean {
  const known = parseWindowsVersion(host);
  if (known === undefined || image === undefined || image === '') return true;
  const found = parseWindowsVersion(image);
  if (found === undefined || known.major !== found.major || known.minor !== found.minor) return false;
  if (known.build < WINDOWS_2022) return known.build === found.build;
  return found.build >= WINDOWS_2022 && found.build <= known.build;
}

/** Orders version texts by their numbers: `10.0.9` before `10.0.17763`. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = Number.parseInt(left[at] ?? '0', 10) - Number.parseInt(right[at] ?? '0', 10);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}
