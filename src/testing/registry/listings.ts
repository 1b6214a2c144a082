import { isJsonObject, OCI_INDEX, parseJsonStrict } from '#oci';
import type { HeldManifest } from './content.ts';
import { errorReply, jsonReply, type Reply } from './reply.ts';
import type { RegistryRequest } from './request.ts';
import type { RouteOptions } from './routes.ts';

export function tagsReply(request: RegistryRequest, options: RouteOptions): Reply {
  const { content } = options;
  const { repository } = request;
  if (!content.has(repository)) return nameUnknown();
  const { entries, link } = pageOf(content.tags(repository), request, options);
  return jsonReply(200, { name: repository, tags: entries }, link);
}

export function catalogReply(request: RegistryRequest, options: RouteOptions): Reply {
  const { entries, link } = pageOf(options.content.repositories(), request, options);
  return jsonReply(200, { repositories: entries }, link);
}

/** One page of a sorted list, and the link to the next. */
function pageOf(
  all: readonly string[],
  { query, path }: RegistryRequest,
  { pageSize }: RouteOptions,
): { readonly entries: readonly string[]; readonly link: Reply['headers'] } {
  const size = Math.min(pageSize, Number(query.get('n') ?? pageSize));
  const last = query.get('last') ?? '';
  const rest = all.filter((entry) => entry > last);
  const entries = rest.slice(0, size);
  const next = `${path}?n=${size}&last=${encodeURIComponent(entries.at(-1) ?? '')}`;
  return { entries, link: rest.length > entries.length ? { link: `<${next}>; rel="next"` } : {} };
}

/** As the distribution spec has it: an index, filtered when asked to, page by page. */
export function referrersReply(request: RegistryRequest, options: RouteOptions): Reply {
  if (!options.referrers) return errorReply(404, 'NOT_FOUND', 'there is no such page');
  const { query, path } = request;
  const type = query.get('artifactType');
  const all = options.content
    .manifests(request.repository)
    .map((manifest) => referrerOf(manifest, request.reference))
    .filter((entry) => entry !== undefined && (type === null || entry['artifactType'] === type));
  const from = Number(query.get('from') ?? 0);
  const manifests = all.slice(from, from + options.pageSize);
  const next = new URLSearchParams({
    ...(type !== null && { artifactType: type }),
    from: `${from + options.pageSize}`,
  });
  const headers = {
    'content-type': OCI_INDEX,
    ...(type !== null && { 'oci-filters-applied': 'artifactType' }),
    ...(from + manifests.length < all.length && { link: `<${path}?${next.toString()}>; rel="next"` }),
  };
  return jsonReply(200, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, headers);
}

function referrerOf(manifest: HeldManifest, subject: string): Readonly<Record<string, unknown>> | undefined {
  const document = parseJsonStrict(manifest.bytes, 'the manifest');
  const { subject: named, config, artifactType, annotations } = document;
  if (!isJsonObject(named) || named['digest'] !== subject) return undefined;
  const type = artifactType ?? (isJsonObject(config) ? config['mediaType'] : undefined);
  const { mediaType, digest, bytes } = manifest;
  return {
    mediaType,
    digest,
    size: bytes.length,
    artifactType: type,
    ...(annotations !== undefined && { annotations }),
  };
}

/** As docker's first protocol has it: repositories whose name holds the term. */
export function searchReply({ query }: RegistryRequest, { content }: RouteOptions): Reply {
  const term = query.get('q') ?? '';
  const names = content.repositories().filter((name) => name.includes(term));
  const results = names.slice(0, Number(query.get('n') ?? 25)).map((name) => ({
    name,
    description: `what ${name} is`,
    star_count: name.length,
    is_official: !name.includes('/'),
    is_automated: false,
  }));
  return jsonReply(200, { num_results: names.length, query: term, results });
}

export function nameUnknown(): Reply {
  return errorReply(404, 'NAME_UNKNOWN', 'repository name not known to registry');
}
