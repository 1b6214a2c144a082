import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { BoundedMap } from '../../proxy/bounded-map.ts';

/** So many may fail at once, and so many more each second. */
interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/** One user from one address: nobody mistypes so often, and programs with an old password slow down. */
const PER_USER: Allowance = { burst: 30, perSecond: 0.5 };
/** All users of one address: there may be a whole company behind it. */
const PER_ADDRESS: Allowance = { burst: 300, perSecond: 5 };
const MOST_REMEMBERED = 20_000;
/** Characters of a name that is remembered as it is. */
const LONGEST_NAME = 64;

interface Bucket {
  left: number;
  /** Milliseconds of the clock. */
  at: number;
}

/** Limits guesses of passwords. An attempt is counted when it begins, so that many at once count too, and given back when it succeeds. */
export class Attempts {
  readonly #now: () => number;
  readonly #buckets = new BoundedMap<string, Bucket>(MOST_REMEMBERED);

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Undefined: it may go on, and is counted. Otherwise the seconds to wait. */
  begin(address: string, user: string): number | undefined {
    const place = placeOf(address);
    const shared = this.#bucket(place, PER_ADDRESS);
    const wait = secondsUntil(shared, PER_ADDRESS);
    // Who is refused is not remembered: names that are made up would have others forgotten.
    if (wait > 0) return Math.ceil(wait);
    const own = this.#bucket(keyOf(place, user), PER_USER);
    const ownWait = secondsUntil(own, PER_USER);
    if (ownWait > 0) return Math.ceil(ownWait);
    own.left -= 1;
    shared.left -= 1;
    return undefined;
  }

  succeeded(address: string, user: string): void {
    const place = placeOf(address);
    this.#bucket(keyOf(place, user), PER_USER).left += 1;
    this.#bucket(place, PER_ADDRESS).left += 1;
  }

  #bucket(key: string, { burst, perSecond }: Allowance): Bucket {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) bucket = { left: burst, at: now };
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    // whoever tries is not forgotten before others
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

function secondsUntil({ left }: Bucket, { perSecond }: Allowance): number {
  return left >= 1 ? 0 : (1 - left) / perSecond;
}

/** Short, however long the name is. */
function keyOf(place: string, user: string): string {
  return `${place} ${user.length > LONGEST_NAME ? createHash('sha256').update(user).digest('base64') : user}`;
}

/** A host has 2^64 addresses of IPv6. */
function placeOf(address: string): string {
  const mapped = /^::ffff:(?<v4>[\d.]+)$/i.exec(address)?.groups?.['v4'];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const rest = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
