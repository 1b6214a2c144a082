import type { DrayOptions } from '#dray';
import type { CliContext } from './context.ts';
import { askSecret, readSecret } from './prompt.ts';
import { UsageError } from './usage-error.ts';

/** What `--creds` and `--creds-stdin` say; a password that is missing is asked for. Rejects with a UsageError for what is no USER:PASSWORD. */
export async function credentials(
  flags: { readonly creds?: string | undefined; readonly credsStdin?: true | undefined },
  context: CliContext,
): Promise<DrayOptions['credentials']> {
  if (flags.creds === undefined && flags.credsStdin !== true) return undefined;
  const text = flags.creds ?? (await readSecret(context));
  const colon = text.indexOf(':');
  if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) };
  if (flags.creds === undefined) throw new UsageError('what came on stdin is no USER:PASSWORD');
  if (colon === 0) throw new UsageError('credentials are USER:PASSWORD, with a user');
  if (flags.credsStdin === true) return { username: text, password: await readSecret(context) };
  return { username: text, password: await askSecret(context, `Password for ${text}: `) };
}
