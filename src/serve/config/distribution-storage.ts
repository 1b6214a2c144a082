import type { SettingsPart } from '../settings.ts';
import { kinds, needless, part, unsupported } from './distribution-readers.ts';
import { duration, file, type Read, refusal, toggle } from './readers.ts';

const CACHED = 'what is read is kept in memory, without a server';

const read = kinds(
  {
    filesystem: part({ rootdirectory: file, maxthreads: needless }),
    inmemory: part({}),
    delete: part({ enabled: toggle }),
    redirect: part({ disable: needless }),
    cache: part({
      blobdescriptor: unsupported(CACHED, /^(inmemory)?$/),
      layerinfo: unsupported(CACHED, /^(inmemory)?$/),
      blobdescriptorsize: needless,
    }),
    maintenance: part({
      uploadpurging: part({ enabled: toggle, age: duration, interval: duration, dryrun: toggle }),
      readonly: part({ enabled: toggle }),
    }),
    tag: part({ concurrencylimit: needless }),
  },
  'filesystem, and inmemory',
);

/** Where distribution keeps what it has, when nothing is said. */
export const DISTRIBUTION_ROOT = '/var/lib/registry';

/** `storage` of distribution. */
export const readStorage: Read<SettingsPart> = (node, reading) => {
  const { filesystem, inmemory, maintenance = {}, delete: deletes } = read(node, reading);
  const { uploadpurging: purging, readonly } = maintenance;
  if (filesystem !== undefined && inmemory !== undefined) {
    throw refusal(node, reading, 'must have one of filesystem and inmemory, not both');
  }
  if (purging?.dryrun === true) reading.note(`${node.at}: storage.maintenance.uploadpurging.dryrun: nothing is purged`);
  const purges = purging !== undefined && purging.enabled !== false && purging.dryrun !== true;
  return {
    ...(filesystem !== undefined && { data: filesystem.rootdirectory ?? DISTRIBUTION_ROOT, memory: false }),
    ...(inmemory !== undefined && { memory: true }),
    ...(deletes?.enabled !== undefined && { deletes: deletes.enabled }),
    ...(readonly?.enabled !== undefined && { readOnly: readonly.enabled }),
    ...(purging !== undefined && {
      maintenance: purges ? { uploads: { age: purging.age }, interval: purging.interval } : {},
    }),
  };
};
