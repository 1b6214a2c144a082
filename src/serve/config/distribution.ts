import { DrayError } from '#errors';
import { completeSettings, type SettingsPart } from '../settings.ts';
import type { ConfigNode } from './config-node.ts';
import { readAuth } from './distribution-auth.ts';
import { readHttp } from './distribution-http.ts';
import { LOG_LEVEL, readHealth, readLog, readNotifications } from './distribution-observe.ts';
import { readProxy } from './distribution-proxy.ts';
import { needless, part, unsupported } from './distribution-readers.ts';
import { DISTRIBUTION_ROOT, readStorage } from './distribution-storage.ts';
import { oneOf, type Reading, text, toggle, whole } from './readers.ts';

const OWN_KEY = unsupported('schema1 is signed with a key that is made at start');

/**
 * Every key of distribution's configuration, 2.8 and 3, and what it is here:
 * https://github.com/distribution/distribution/blob/main/docs/content/about/configuration.md
 */
const read = part({
  version: text,
  loglevel: LOG_LEVEL,
  log: readLog,
  storage: readStorage,
  auth: readAuth,
  middleware: unsupported('this server sends blobs itself, and nothing stands in between'),
  reporting: unsupported('failures are told in the log'),
  http: readHttp,
  notifications: readNotifications,
  redis: unsupported('what is read is kept in memory, without a server'),
  health: readHealth,
  proxy: readProxy,
  compatibility: part({ schema1: part({ enabled: needless, trustkey: OWN_KEY, signingkeyfile: OWN_KEY }) }),
  validation: part({
    enabled: toggle,
    disabled: toggle,
    manifests: part({
      urls: unsupported('layers may name any address'),
      indexes: part({
        platforms: oneOf('all', 'none', 'list'),
        platformlist: unsupported('an index must be whole, or may lack anything'),
      }),
    }),
  }),
  policy: unsupported('repositories have no classes'),
  catalog: part({ maxentries: whole(1) }),
  tags: part({ maxtags: whole(1) }),
});

/** What holds in distribution where its file says nothing, as far as that is not what holds here. */
const DEFAULTS: SettingsPart = {
  listen: ':5000',
  data: DISTRIBUTION_ROOT,
  deletes: false,
  indexes: 'whole',
  log: { access: { format: 'combined', to: 'stdout' } },
};

/** The settings that a configuration file of distribution stands for, with what it takes for granted. */
export function readDistribution(node: ConfigNode, reading: Reading): SettingsPart {
  const { version } = node.kind === 'map' ? Object.fromEntries(node.entries) : {};
  if (version?.kind !== 'scalar' || version.text !== '0.1') {
    throw new DrayError(
      'INVALID_CONFIGURATION',
      `${version?.at ?? node.at}: version must be 0.1, the only one there is`,
    );
  }
  return completeSettings(DEFAULTS, readKeys(node, reading));
}

/** The settings that keys of distribution stand for, and no others. */
export function readKeys(node: ConfigNode, reading: Reading): SettingsPart {
  const { storage, http, loglevel, log, auth, health, ...rest } = read(node, reading);
  const { notifications, proxy, validation, catalog, tags } = rest;
  const platforms = validation?.manifests?.indexes?.platforms;
  const isLoose = validation?.disabled === true || platforms === 'none' || platforms === 'list';
  const pageSize = Math.min(catalog?.maxentries ?? Number.POSITIVE_INFINITY, tags?.maxtags ?? Number.POSITIVE_INFINITY);
  return {
    ...storage,
    ...http,
    ...proxy,
    ...(auth !== undefined && { access: auth }),
    log: { ...(loglevel !== undefined && { level: loglevel }), ...log },
    ...(health !== undefined && { health }),
    ...(notifications !== undefined && { webhooks: notifications }),
    ...(validation !== undefined && { indexes: isLoose ? 'sparse' : 'whole' }),
    ...(Number.isFinite(pageSize) && { pageSize }),
  };
}
