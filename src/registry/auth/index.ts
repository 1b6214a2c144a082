/**
 * Who may ask a registry, and what it gets to see. A `Keychain` finds credentials (files, variables, helper programs), one host at a
 * time. An `Authorizer` stands around the requests to one endpoint: it learns from a 401 what is wanted and answers with Basic or with
 * a token, which it asks for once however many requests wait. Where a secret may go is decided in two places: `realm.ts` (which token
 * services may be asked) and the authorizer (its own origin and no other). `login` and `logout` change what docker keeps.
 */

export { type Authorizer, type AuthorizerOptions, createAuthorizer } from './authorize.ts';
export { type Challenge, parseChallenges } from './challenge.ts';
export type { Environment } from './helper-program.ts';
export { hostOf, serverKey } from './host-key.ts';
export { createKeychain, type KeychainOptions } from './keychain.ts';
export {
  type CredentialPlace,
  type LoginSettings,
  type LogoutSettings,
  login,
  logout,
  type StoredLogin,
} from './login.ts';
export { type VerifyLoginOptions, verifyLogin } from './verify-login.ts';
