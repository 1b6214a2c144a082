import { DrayError } from '#errors';
import { createRepository, type Endpoint, type Keychain, type OpenRepository, type Repository } from '#registry';
import { BoundedMap } from './bounded-map.ts';
import { repositoryGlob } from './glob.ts';
import type { PullThroughOptions, UpstreamSettings } from './options.ts';

const HUB = 'docker.io';
const HUB_URL = 'https://registry-1.docker.io';
/** Docker Hub's own images have no second segment in what users type. */
const OFFICIAL = 'library/';
const RETRIES = 3;
/** Repositories whose tokens and connections are kept. */
const MOST_OPEN = 256;

/** A registry that is cached, as it is asked. */
export class Upstream {
  readonly domain: string;
  /** Of its repositories here, without a slash at the end; empty: they have none. */
  readonly prefix: string;
  readonly tagAge: number | undefined;
  /** Where it is asked, for messages. */
  readonly url: string;
  readonly #endpoint: Endpoint;
  readonly #keychain: Keychain | undefined;
  readonly #options: PullThroughOptions;
  readonly #allow: readonly ((path: string) => boolean)[] | undefined;
  readonly #deny: readonly ((path: string) => boolean)[];
  readonly #open = new BoundedMap<string, OpenRepository>(MOST_OPEN);

  constructor(settings: UpstreamSettings, options: PullThroughOptions) {
    const { domain, credential, tls, headers } = settings;
    this.domain = domain;
    this.prefix =
      settings.prefix ??
      domain
        .toLowerCase()
        .replace(/[^a-z0-9.]+/g, '_')
        .replace(/^_|_$/g, '');
    this.tagAge = settings.tagAge;
    this.url = checkedUrl(settings);
    this.#endpoint = {
      url: this.url,
      domain,
      mirror: false,
      ...(tls !== undefined && { tls }),
      ...(headers !== undefined && { headers }),
      ...(settings.sendNamespace === true && { namespace: domain }),
    };
    const found = settings.useKeychain === true ? options.keychain : undefined;
    this.#keychain = credential === undefined ? found : () => Promise.resolve(credential);
    this.#options = options;
    this.#allow = settings.allow?.map(repositoryGlob);
    this.#deny = (settings.deny ?? []).map(repositoryGlob);
  }

  /** The path there of what somebody calls `path`. */
  fullPath(path: string): string {
    return this.domain === HUB && !path.includes('/') ? `${OFFICIAL}${path}` : path;
  }

  allows(path: string): boolean {
    return this.#allow?.some((matches) => matches(path)) !== false && !this.#deny.some((matches) => matches(path));
  }

  repository(path: string): Repository {
    let repository = this.#open.get(path);
    if (repository === undefined) {
      const { transport, retries = RETRIES, clock } = this.#options;
      const endpoint = this.#endpoint;
      repository = createRepository({ endpoint, path, transport, retries, clock, keychain: this.#keychain });
    }
    this.#open.set(path, repository);
    return repository;
  }

  close(): void {
    for (const repository of this.#open.values()) repository.close();
    this.#open.clear();
  }
}

function checkedUrl({ domain, url }: UpstreamSettings): string {
  const text = (url ?? (domain === HUB ? HUB_URL : `https://${domain}`)).replace(/\/+$/, '');
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.search === '' && parsed.hash === '';
  if (isPlain && parsed.username === '' && parsed.password === '') return text;
  throw new DrayError('INVALID_CONFIGURATION', `the upstream ${domain} has no URL that can be asked`, {
    hint: 'write http[s]://host[:port][/prefix], and user and password by themselves',
  });
}
