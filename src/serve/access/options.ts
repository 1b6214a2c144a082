/**
 * Who may do what, as plain data: all of it survives JSON. `openAccess` makes an AccessControl of it. Nothing set: everybody may do everything.
 * Several ways to say who one is may stand side by side; a request may use any of them.
 */
export interface AccessOptions {
  /** Users with passwords (Basic). */
  readonly htpasswd?: HtpasswdOptions | undefined;
  /** What users, and those without credentials, may do. Without rules every user may do everything, and nobody else anything. */
  readonly rules?: RulesOptions | undefined;
  /** Tokens of a service elsewhere (Bearer). What such a token says is what its bearer may do: rules do not matter to it. */
  readonly tokens?: TokenOptions | undefined;
  /**
   * A token service in this server, for the users of `htpasswd` and `certificates`. Not together with `tokens`. By default there is one where users
   * have passwords and rules allow something to everybody: with Basic alone docker and skopeo ask for a password there as well.
   */
  readonly tokenService?: TokenServiceOptions | false | undefined;
  /** Users by client certificate. TlsOptions must ask for certificates that `clientCas` have signed. */
  readonly certificates?: CertificateUserOptions | undefined;
}

export interface HtpasswdOptions {
  /** A file as `htpasswd -B` writes it: bcrypt alone. Read again whenever it changes. */
  readonly path: string;
  /** What clients show when they ask for a password; "dray" by default. */
  readonly realm?: string | undefined;
}

/** `create`: push what is new, but never point a tag that is there at something else. `push`: that too. `*`: everything. */
export type RuleAction = 'pull' | 'create' | 'push' | 'delete' | '*';

/**
 * The first pattern of the list that matches a repository decides: all rules with that very pattern add up, rules with other patterns do not
 * count for it. So narrow patterns stand before wide ones; one that is never reached is refused at start.
 */
export interface RulesOptions {
  readonly rules: readonly AccessRule[];
  /** Members by name of a group. */
  readonly groups?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Users that may do everything everywhere. */
  readonly admins?: readonly string[] | undefined;
  /** What every user may do in repositories that no pattern matches; nothing by default. */
  readonly defaultActions?: readonly RuleAction[] | undefined;
}

/** Counts for whoever one of `users`, `groups`, `authenticated` and `anonymous` names. */
export interface AccessRule {
  /**
   * `team/app`, `team/*` (one name below `team`), `team/**` (`team` and all below it), `**` (every repository). `*` stands for any text
   * without `/`, `**` for any text.
   */
  readonly repositories: string | readonly string[];
  readonly users?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  /** Every user. */
  readonly authenticated?: boolean | undefined;
  /** Everybody, with credentials or without. */
  readonly anonymous?: boolean | undefined;
  /** Clients that push also ask what is there: give them `pull` as well. */
  readonly actions: readonly RuleAction[];
}

export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

/** As `auth.token` of distribution. At least one of `rootCertBundle` and `jwks` is needed. */
export interface TokenOptions {
  /** Address of the token service, for clients. May be empty with `autoredirect`. */
  readonly realm: string;
  /** What `aud` of a token has to name. */
  readonly service: string;
  /** What `iss` of a token has to be. */
  readonly issuer: string;
  /** PEM file with certificates: their keys are trusted, and so are certificates in the `x5c` of a token that they have signed. */
  readonly rootCertBundle?: string | undefined;
  /** JSON Web Key Set: a file, or an http(s) URL. */
  readonly jwks?: string | undefined;
  /** All of them by default; there is none with a shared secret. */
  readonly signingAlgorithms?: readonly SigningAlgorithm[] | undefined;
  /** True: the realm is this server as the client knows it, and `autoredirectPath`. */
  readonly autoredirect?: boolean | undefined;
  /** "/auth/token" by default. */
  readonly autoredirectPath?: string | undefined;
}

export interface TokenServiceOptions {
  /**
   * Where the private key is kept; it is made when it is not there. Processes that share their work need the same. A server that keeps images in a
   * folder has it there by default, as `dray/token-key.pem`.
   */
  readonly keyFile?: string | undefined;
  /** "dray" by default. */
  readonly service?: string | undefined;
  /** "dray" by default. */
  readonly issuer?: string | undefined;
  /** Where the service answers; "/token" by default. */
  readonly path?: string | undefined;
  /** Address for clients; by default this server as the client knows it, and `path`. */
  readonly realm?: string | undefined;
  /** Seconds that a token is good for; 300 by default. */
  readonly lifetime?: number | undefined;
}

/** Parts of a certificate: its common name, or an alternative name of one kind. */
export type CertificateField = 'cn' | 'dns' | 'email' | 'uri';

export interface CertificateUserOptions {
  /** The first of these that the certificate has is the user; `cn` alone by default. */
  readonly fields?: readonly CertificateField[] | undefined;
}

/** The modes of distribution, by its names. Only `verify-…` and `require-and-verify-…` look who signed. */
export type ClientAuthMode =
  | 'request-client-cert'
  | 'require-any-client-cert'
  | 'verify-client-cert-if-given'
  | 'require-and-verify-client-cert';

/** Files are PEM, and read again when they change. */
export interface TlsOptions {
  /** The certificate, and those between it and its root. */
  readonly cert: string;
  readonly key: string;
  /** Who may sign certificates of clients. */
  readonly clientCas?: readonly string[] | undefined;
  /** With `clientCas`: `require-and-verify-client-cert` by default. Without: none is asked for. */
  readonly clientAuth?: ClientAuthMode | undefined;
  /** `tls1.2` by default. */
  readonly minimumTls?: 'tls1.0' | 'tls1.1' | 'tls1.2' | 'tls1.3' | undefined;
}
