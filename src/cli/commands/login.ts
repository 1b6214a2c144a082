import { type Call, type Command, defineCommand } from '../command.ts';
import { write } from '../context.ts';
import { toggle, valued } from '../flags/flag.ts';
import { nonEmpty } from '../flags/values.ts';
import { listening } from '../listening.ts';
import { ask, askSecret, readSecret } from '../prompt.ts';
import { UsageError } from '../usage-error.ts';
import { withDray } from '../wire.ts';

interface LoginFlags {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: true;
}

export const login: Command = defineCommand<LoginFlags>({
  name: 'login',
  usage: '[OPTIONS] [SERVER]',
  description:
    'Authenticate to a registry. The credential is tried, then stored as docker stores it.\nDefaults to Docker Hub if no server is specified.',
  operands: { min: 0, max: 1 },
  isDockers: true,
  registry: 'connection',
  flags: () => [
    valued('-p, --password <PASSWORD>', 'Password or access token', nonEmpty),
    toggle('--password-stdin', 'Take the password or access token from stdin'),
    valued('-u, --username <USER>', 'User name', nonEmpty),
  ],
  examples: [
    ['dray login localhost:5000', 'Asks for user and password'],
    ['dray login -u me --password-stdin ghcr.io < token.txt', 'In a script'],
  ],
  async run(call) {
    const { operands, context } = call;
    const credential = await credentialOf(call);
    const { storedIn } = await withDray(call, (dray) => dray.login(operands[0], { ...credential, ...listening(call) }));
    if (storedIn.kind === 'file') await write(context.stderr, unencrypted(storedIn.path));
    await write(context.stdout, 'Login Succeeded\n');
  },
});

async function credentialOf({ flags, context }: Call<LoginFlags>): Promise<{ username: string; password: string }> {
  if (flags.password !== undefined) {
    await write(context.stderr, 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
    if (flags.passwordStdin === true) {
      throw new UsageError('--password and --password-stdin are mutually exclusive', { dockerStatus: 1 });
    }
  }
  if (flags.passwordStdin === true) {
    if (flags.username === undefined) {
      throw new UsageError('Must provide --username with --password-stdin', { dockerStatus: 1 });
    }
    return { username: flags.username, password: present(await readSecret(context), 'password') };
  }
  if ((flags.username === undefined || flags.password === undefined) && context.stdin.isTTY !== true) {
    throw new UsageError('Cannot perform an interactive login from a non TTY device', {
      hint: 'give --username and --password-stdin',
      dockerStatus: 1,
    });
  }
  const username = flags.username ?? present((await ask(context, 'Username: ')).trim(), 'user name');
  const password = flags.password ?? present(await askSecret(context, 'Password: '), 'password');
  return { username, password };
}

function present(text: string, what: string): string {
  if (text === '') throw new UsageError(`a ${what} is required`, { dockerStatus: 1 });
  return text;
}

/** docker's words, as it prints them. */
function unencrypted(path: string): string {
  return `
WARNING! Your credentials are stored unencrypted in '${path}'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/

`;
}
