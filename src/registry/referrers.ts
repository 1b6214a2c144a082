import type { CallOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, type Digest, OCI_INDEX, parseIndex, referrersTag } from '#oci';
import { type HttpResponse, publicUrl } from '#transport';
import { type Document, type RepositoryContext, readDocument, urlOf } from './context.ts';
import { fetchManifest } from './manifests.ts';
import { nextPage } from './next-page.ts';
import type { ReferrersOptions } from './types.ts';

const PAGE_LIMIT = 4 * 1024 * 1024;
const MOST_PAGES = 1000;
const MOST_REFERRERS = 100_000;

/** As `Repository.referrers`: from the registry's list, or where it has none from the tag that stands for one. */
export async function listReferrers(
  context: RepositoryContext,
  digest: Digest,
  { artifactType, signal, onEvent }: ReferrersOptions = {},
): Promise<readonly Descriptor[]> {
  const found = await fromList(context, digest, { artifactType, signal, onEvent });
  const all = found ?? (await readReferrersTag(context, digest, { signal, onEvent }));
  return artifactType === undefined ? all : all.filter((entry) => entry.artifactType === artifactType);
}

/** What the tag lists; nothing where it is not there. */
export async function readReferrersTag(
  context: RepositoryContext,
  digest: Digest,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  try {
    const { descriptor, bytes } = await fetchManifest(context, referrersTag(digest), {
      ...options,
      accept: [OCI_INDEX],
    });
    return parseIndex(bytes, descriptor.mediaType, `the referrers of ${context.name}@${digest}`).manifests;
  } catch (error) {
    if (hasCode(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')) return [];
    throw error;
  }
}

/** Undefined where the registry keeps no list: it says 404, or answers with something else. */
async function fromList(
  context: RepositoryContext,
  digest: Digest,
  { artifactType, ...options }: ReferrersOptions,
): Promise<readonly Descriptor[] | undefined> {
  const list = new Map<Digest, Descriptor>();
  const visited = new Set<string>();
  let url: URL | undefined = urlOf(context, `referrers/${digest}`);
  if (artifactType !== undefined) url.searchParams.set('artifactType', artifactType);
  while (url !== undefined) {
    visited.add(url.href);
    const page = await readPage(context, url, { ...options, digest });
    if (page === undefined) {
      if (visited.size === 1) return undefined;
      throw badList(context, digest, 'one of its pages is missing');
    }
    const name = `the list of referrers of ${context.name}@${digest}`;
    for (const entry of parseIndex(page.bytes, OCI_INDEX, name).manifests) list.set(entry.digest, entry);
    const next: URL | undefined = nextPage(page.response, url, 'more referrers');
    if (context.endpoint.namespace !== undefined) next?.searchParams.set('ns', context.endpoint.namespace);
    if (next !== undefined && visited.has(next.href)) {
      throw badList(context, digest, `its pages go round in a circle (next: ${publicUrl(next)})`);
    }
    if (visited.size >= MOST_PAGES || list.size > MOST_REFERRERS) throw badList(context, digest, 'it does not end');
    url = next;
  }
  return [...list.values()];
}

async function readPage(
  context: RepositoryContext,
  url: URL,
  { digest, ...options }: CallOptions & { readonly digest: Digest },
): Promise<Document | undefined> {
  const { name } = context;
  const asked = { kind: 'manifest', name, what: `${name}@${digest} (its referrers)` } as const;
  try {
    const request = { url, headers: { accept: OCI_INDEX } };
    const page = await readDocument(context, request, { asked, limit: PAGE_LIMIT, ...options });
    return isIndex(page.response) ? page : undefined;
  } catch (error) {
    const status = error instanceof DrayError ? error.detail['status'] : undefined;
    if (status === 404 || status === 405 || status === 501 || status === 400) return undefined;
    throw error;
  }
}

/** Registries that do not know the address may answer with a page of their own. */
function isIndex({ headers }: HttpResponse): boolean {
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  return type === OCI_INDEX || type === 'application/json';
}

function badList({ name }: RepositoryContext, digest: Digest, found: string): DrayError {
  return new DrayError('BAD_RESPONSE', `the list of referrers of ${name}@${digest} cannot be used: ${found}`);
}
