import type { SettingsPart } from '../settings.ts';
import { readAccess, readTls } from './own-access.ts';
import { readCache } from './own-cache.ts';
import { readHealth, readLog, readWebhooks } from './own-observe.ts';
import { readImmutable, readMaintenance, readQuotas } from './own-operate.ts';
import {
  basePath,
  file,
  listOf,
  mapOf,
  oneOf,
  pathOr,
  type Read,
  settings,
  size,
  text,
  toggle,
  wait,
  whole,
} from './readers.ts';

const read = settings({
  listen: text,
  data: file,
  memory: toggle,
  sync: toggle,
  tls: readTls,
  access: readAccess,
  prefix: basePath,
  headers: mapOf(listOf(text)),
  delete: toggle,
  readOnly: toggle,
  schema1: oneOf('signed', 'off'),
  indexes: oneOf('sparse', 'whole'),
  pageSize: whole(1),
  manifestLimit: size,
  stallTimeout: wait(1),
  drainTimeout: wait(),
  workers: whole(0, 256),
  log: readLog,
  debug: text,
  metrics: pathOr('/metrics'),
  immutable: readImmutable,
  quotas: readQuotas,
  maintenance: readMaintenance,
  cache: readCache,
  health: readHealth,
  webhooks: readWebhooks,
});

/** Our own file: the settings, as `read-only: true`. What it does not know it refuses. */
export const readOwn: Read<SettingsPart> = (node, reading) => {
  const { delete: deletes, ...rest } = read(node, reading);
  return { ...rest, ...(deletes !== undefined && { deletes }) };
};
