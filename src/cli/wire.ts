import type { Dray, DrayOptions } from '#dray';
import type { Call } from './command.ts';
import { credentials } from './credentials.ts';
import { checkRegistryFlags } from './flags/registry-flags.ts';

/** Builds a Dray as the flags, `more` and the environment say, lets `work` use it, and closes it whatever happens. */
export async function withDray<T>(
  call: Call<object>,
  work: (dray: Dray) => Promise<T>,
  more: Partial<DrayOptions> = {},
): Promise<T> {
  const dray = await call.context.createDray({ ...(await drayOptions(call)), ...more });
  try {
    return await work(dray);
  } finally {
    await dray.close();
  }
}

/** What the flags say; the rest is left to the environment, which dray reads by itself, and to its defaults. */
export async function drayOptions({ flags, context }: Call<object>): Promise<DrayOptions> {
  checkRegistryFlags(flags);
  return {
    env: context.env,
    root: flags.root,
    configDir: flags.config,
    mirrors: flags.mirror,
    insecure: flags.insecure,
    caFile: flags.ca,
    certDir: flags.certDir,
    credentials: await credentials(flags, context),
    anonymous: flags.anonymous,
    proxy: flags.proxy,
    headers: flags.header === undefined ? undefined : Object.fromEntries(flags.header),
    retries: flags.retry,
    stallTimeout: flags.stallTimeout,
    limitRate: flags.limitRate,
    concurrency: flags.concurrency,
    sync: flags.sync === false ? false : undefined,
  };
}
