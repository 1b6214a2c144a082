import { type Descriptor, type Digest, isDigest, isIndexType, OCI_INDEX, parseIndex, referrersTag } from '#oci';
import { apiError } from '../http/api-error.ts';
import type { Exchange, RawHeaders } from '../http/exchange.ts';
import { sortedByDigest } from '../storage/referral.ts';
import { inStrides } from './in-strides.ts';
import { invalidDigest } from './manifest-faults.ts';
import type { RouteContext } from './route-context.ts';
import { orNothing } from './stored-document.ts';

/** Bytes of one answer, which is no larger than a manifest may be: clients read it with the same limit. */
const LARGEST_ANSWER = 4 * 2 ** 20 - 4096;

/**
 * GET of the manifests that are about another one: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 * There are none of what is not there; that is no error.
 */
export async function getReferrers(exchange: Exchange, context: RouteContext): Promise<void> {
  const { target, parameters } = exchange;
  const digest = target.kind === 'referrers' ? target.reference : '';
  if (!isDigest(digest)) throw invalidDigest(digest);
  const type = parameters.get('artifactType') ?? '';
  const last = parameters.get('last') ?? '';
  const asked = (await allReferrers(digest, context)).filter(
    (each) => each.digest > last && (type === '' || each.artifactType === type),
  );
  const manifests = fitting(asked, limitOf(exchange));
  const more = manifests.length < asked.length ? linkAfter(exchange, manifests.at(-1)) : [];
  const filtered = type === '' ? [] : ['OCI-Filters-Applied', 'artifactType'];
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  exchange.reply(200, ['Content-Type', OCI_INDEX, ...filtered, ...more], JSON.stringify(index));
}

/** Those that name their subject, and those that clients from before this API have put into the list under its tag. */
async function allReferrers(digest: Digest, context: RouteContext): Promise<readonly Descriptor[]> {
  const { storage, repository } = context;
  const referrers = await storage.referrers(repository, digest);
  const listed = await listedByTag(digest, context);
  if (listed.length === 0) return referrers;
  const known = new Map(listed.map((each) => [each.digest, each]));
  for (const each of referrers) known.set(each.digest, each);
  return sortedByDigest(known.values());
}

/** What is listed but gone counts for nothing. */
async function listedByTag(digest: Digest, { storage, repository }: RouteContext): Promise<readonly Descriptor[]> {
  const list = await storage.tagged(repository, referrersTag(digest));
  if (list === undefined || !isIndexType(list.mediaType)) return [];
  const index = await orNothing(() => parseIndex(list.bytes, list.mediaType));
  const entries = index?.manifests ?? [];
  const isThere = await inStrides(
    entries,
    async (entry) => (await storage.manifest(repository, entry.digest)) !== undefined,
  );
  return entries.filter((_, at) => isThere[at]).map(asReferrer);
}

function asReferrer({ mediaType, digest, size, artifactType, annotations }: Descriptor): Descriptor {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

function limitOf({ parameters }: Exchange): number {
  const n = parameters.get('n');
  if (n === null) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,14}$/.test(n)) return Number(n);
  throw apiError(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n });
}

/** The first of them, one at least, that go into an answer. */
function fitting(referrers: readonly Descriptor[], limit: number): readonly Descriptor[] {
  let size = 0;
  const end = referrers.findIndex((each, index) => {
    size += Buffer.byteLength(JSON.stringify(each)) + 1;
    return index >= limit || (index > 0 && size > LARGEST_ANSWER);
  });
  return end < 0 ? referrers : referrers.slice(0, end);
}

function linkAfter({ target, parameters }: Exchange, last: Descriptor | undefined): RawHeaders {
  if (last === undefined) return [];
  const query = new URLSearchParams(parameters);
  query.set('last', last.digest);
  const digest = target.kind === 'referrers' ? target.reference : '';
  return [
    'Link',
    `<${target.prefix}/v2/${target.repository ?? ''}/referrers/${digest}?${query.toString()}>; rel="next"`,
  ];
}
