import type { Credential } from '../types.ts';

/** User and password, both given and not empty: what Basic needs. */
export interface UserPassword {
  readonly username: string;
  readonly password: string;
}

export function userPassword(credential: Credential | undefined): UserPassword | undefined {
  const { username, password } = credential ?? {};
  if (username === undefined || username === '' || password === undefined || password === '') return undefined;
  return { username, password };
}

/** The value of an `Authorization` header (RFC 7617, in UTF-8). */
export function basicAuthorization({ username, password }: UserPassword): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** True for a credential that has nothing to show. */
export function isEmpty(credential: Credential): boolean {
  const { identityToken, registryToken } = credential;
  return userPassword(credential) === undefined && !identityToken && !registryToken;
}

/** `text` without the secrets of `credential`, should a server have echoed them. */
export function redact(text: string, credential: Credential | undefined): string {
  const basic = userPassword(credential);
  const secrets = [
    credential?.password,
    credential?.identityToken,
    credential?.registryToken,
    basic && basicAuthorization(basic).slice('Basic '.length),
  ];
  return secrets.reduce<string>((left, secret) => (secret ? left.replaceAll(secret, '***') : left), text);
}
