/** What a request is about, read from its path: the routes of https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints */
export type Target =
  | { readonly kind: 'base' | 'catalog' | 'other'; readonly prefix: string; readonly repository?: undefined }
  | { readonly kind: 'tags' | 'uploads'; readonly prefix: string; readonly repository: string }
  | {
      readonly kind: 'manifest' | 'blob' | 'referrers' | 'upload';
      readonly prefix: string;
      readonly repository: string;
      /** A tag, a digest or the id of an upload, decoded but not checked. */
      readonly reference: string;
    };

export type TargetKind = Target['kind'];

const KINDS: ReadonlyMap<string, 'manifest' | 'blob' | 'referrers'> = new Map([
  ['manifests', 'manifest'],
  ['blobs', 'blob'],
  ['referrers', 'referrers'],
]);
/** Of what may stand before `/v2/`. */
const PREFIX_SEGMENT = /^(?!\.{1,2}$)[\w.~-]+$/;

/**
 * Reads the path of a request (without its query). Names are taken as they are written: whoever uses one checks it. A path of nothing that
 * is known here is `other`.
 * @param prefix what stands before `/v2/`, e.g. `/docker`; undefined: whatever does, as long as it is made of plain names
 */
export function readTarget(path: string, prefix?: string): Target {
  const start = versionAt(path, prefix);
  const before = start < 0 ? '' : path.slice(0, start);
  const rest = start < 0 ? undefined : path.slice(start + 3);
  if (rest === '' || rest === '/') return { kind: 'base', prefix: before };
  if (rest === undefined || rest[0] !== '/') return { kind: 'other', prefix: before };
  if (rest === '/_catalog') return { kind: 'catalog', prefix: before };
  return readRepositoryTarget(rest.slice(1), before) ?? { kind: 'other', prefix: before };
}

/** Where `/v2` of the path begins; -1: nowhere. */
function versionAt(path: string, prefix: string | undefined): number {
  if (prefix !== undefined) return path.startsWith(`${prefix}/v2`) ? prefix.length : -1;
  if (path.startsWith('/v2')) return 0;
  const found = path.endsWith('/v2') ? path.indexOf('/v2') : path.indexOf('/v2/');
  const isPlain =
    found > 0 &&
    path
      .slice(1, found)
      .split('/')
      .every((segment) => PREFIX_SEGMENT.test(segment));
  return isPlain ? found : -1;
}

function readRepositoryTarget(rest: string, prefix: string): Target | undefined {
  const slash = rest.lastIndexOf('/');
  if (slash < 0) return undefined;
  const last = rest.slice(slash + 1);
  const before = rest.slice(0, slash);
  if (last === 'list' && before.endsWith('/tags')) return { kind: 'tags', prefix, repository: before.slice(0, -5) };
  if (last === 'uploads' && before.endsWith('/blobs')) {
    return { kind: 'uploads', prefix, repository: before.slice(0, -6) };
  }
  if (before.endsWith('/blobs/uploads')) {
    const repository = before.slice(0, -14);
    return last === ''
      ? { kind: 'uploads', prefix, repository }
      : { kind: 'upload', prefix, repository, reference: decoded(last) };
  }
  const kindAt = before.lastIndexOf('/');
  const kind = KINDS.get(before.slice(kindAt + 1));
  if (kind === undefined || kindAt <= 0 || last === '') return undefined;
  return { kind, prefix, repository: before.slice(0, kindAt), reference: decoded(last) };
}

/** Some clients write the colon of a digest as `%3A`. What cannot be decoded stays, and is no tag and no digest. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
