import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { peerPath } from './peers.ts';
import { makeFolder, run } from './run.ts';
import { freePort, startService } from './service.ts';

/** OpenSSH's server on a port of 127.0.0.1, which lets the user of these tests in with one key; it ends with the file's tests. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:port`. */
  readonly host: string;
  readonly pid: number;
  /** A configuration for ssh: unless it is said otherwise, with the key that is let in, and with that of the server. */
  config(options?: { readonly key?: 'user' | 'other'; readonly isKnown?: boolean }): string;
  /** PATH on which `ssh` uses that configuration: it looks for its own where the user's record says, whatever HOME is. */
  path(config: string): string;
}

/** `env` is what the other end has. */
export async function startSshServer(env: Readonly<Record<string, string>>): Promise<SshServer> {
  const folder = makeFolder();
  const at = (name: string): string => join(folder, name);
  for (const key of ['host', 'user', 'other']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
  }
  const port = await freePort();
  const settings = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('user.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    // by default it turns some away, by chance, when more than ten are at the door
    'MaxStartups 100',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `SetEnv ${Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
  ];
  writeFileSync(at('sshd_config'), `${settings.join('\n')}\n`);
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${readFileSync(at('host.pub'), 'utf8')}`);
  // the server as root insists on it
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const program = '/usr/sbin/sshd';
  const { pid } = await startService(program, ['-D', '-e', '-f', at('sshd_config')], async (said) =>
    said.includes('Server listening'),
  );
  let configs = 0;
  return {
    host: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    pid,
    config({ key = 'user', isKnown = true } = {}) {
      const file = at(`config-${(configs += 1)}`);
      const hosts = ['GlobalKnownHostsFile /dev/null', `UserKnownHostsFile ${isKnown ? at('known') : '/dev/null'}`];
      const own = ['BatchMode yes', 'StrictHostKeyChecking yes', 'IdentitiesOnly yes', `IdentityFile ${at(key)}`];
      writeFileSync(file, `${[...hosts, ...own].join('\n')}\n`);
      return file;
    },
    path(config) {
      const bin = `${config}-bin`;
      mkdirSync(bin);
      writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`);
      chmodSync(join(bin, 'ssh'), 0o755);
      return [bin, peerPath].join(delimiter);
    },
  };
}
