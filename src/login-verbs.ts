import type { CallOptions } from '#content';
import type { LoginOptions, LoginResult } from '#image';
import { checkLogin, hostOf, login, logout } from '#registry';
import type { Machine } from './machine.ts';
import { configFileOf } from './settings.ts';

/** Credentials, kept where docker keeps them. */
export interface LoginVerbs {
  /** Checks the credential against the registry, then stores it as docker does. `server` undefined: Docker Hub. */
  login(server: string | undefined, options: LoginOptions): Promise<LoginResult>;
  /** True when there was something to remove. */
  logout(server: string | undefined, options?: CallOptions): Promise<boolean>;
}

export function loginVerbs(machine: Machine): LoginVerbs {
  const { env } = machine.options;
  const configFile = configFileOf(machine.options, machine.known);
  return {
    async login(server, { username, password, identityToken, signal, onEvent }) {
      const { client } = await machine.settings();
      const host = server === undefined ? 'docker.io' : hostOf(server);
      return login({
        server,
        credential: { username, password, identityToken },
        configFile,
        env,
        verify: (credential, call) => checkLogin(host, credential, { ...client, ...call }),
        signal,
        onEvent,
      });
    },
    logout: (server, options) => logout({ server, configFile, env, ...options }),
  };
}
