import type { DrayOptions, EndOptions } from '#dray';
import type { Call } from './command.ts';
import { credentials } from './credentials.ts';
import type { EndFlags } from './flags/end-flags.ts';
import { UsageError } from './usage-error.ts';

/** What the flags say of either end of a copy; undefined for an end of which they say nothing of its own. */
export async function endOptions(call: Call<EndFlags>): Promise<Pick<DrayOptions, 'source' | 'target'>> {
  const { flags, context } = call;
  if (flags.srcAnonymous === true && flags.srcCreds !== undefined) throw contradiction('src');
  if (flags.dstAnonymous === true && flags.dstCreds !== undefined) throw contradiction('dst');
  const source: EndOptions = {
    anonymous: flags.srcAnonymous,
    caFile: flags.srcCa,
    certDir: flags.srcCertDir,
    credentials: await credentials({ creds: flags.srcCreds }, context),
    headers: flags.srcHeader && Object.fromEntries(flags.srcHeader),
    insecure: flags.srcInsecure,
    mirrors: flags.srcMirror,
    proxy: flags.srcProxy,
  };
  const target: EndOptions = {
    anonymous: flags.dstAnonymous,
    caFile: flags.dstCa,
    certDir: flags.dstCertDir,
    credentials: await credentials({ creds: flags.dstCreds }, context),
    headers: flags.dstHeader && Object.fromEntries(flags.dstHeader),
    insecure: flags.dstInsecure,
    proxy: flags.dstProxy,
  };
  const says = (end: EndOptions): boolean => Object.values(end).some((value) => value !== undefined);
  return { source: says(source) ? source : undefined, target: says(target) ? target : undefined };
}

function contradiction(end: string): UsageError {
  return new UsageError(`--${end}-anonymous and --${end}-creds cannot be used together`);
}
