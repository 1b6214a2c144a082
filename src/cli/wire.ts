import type { Dray, DrayOptions } from '#dray';
import type { Call } from './command.ts';
import type { CliContext } from './context.ts';
import { checkRegistryFlags, type RegistryFlags } from './flags/registry-flags.ts';
import { askSecret, readSecret } from './prompt.ts';
import { UsageError } from './usage-error.ts';

/** Builds a Dray as the flags and the environment say, lets `work` use it, and closes it whatever happens. */
export async function withDray<T>(call: Call<object>, work: (dray: Dray) => Promise<T>): Promise<T> {
  const dray = await call.context.createDray(await drayOptions(call));
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

async function credentials(flags: RegistryFlags, context: CliContext): Promise<DrayOptions['credentials']> {
  if (flags.creds === undefined && flags.credsStdin !== true) return undefined;
  const text = flags.creds ?? (await readSecret(context));
  const colon = text.indexOf(':');
  if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) };
  if (flags.creds === undefined) throw new UsageError('what came on stdin is no USER:PASSWORD');
  if (colon === 0) throw new UsageError('credentials are USER:PASSWORD, with a user');
  if (flags.credsStdin === true) return { username: text, password: await readSecret(context) };
  return { username: text, password: await askSecret(context, `Password for ${text}: `) };
}
