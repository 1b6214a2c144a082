/** What has been done of a step, as docker draws it. */
export interface ProgressDetail {
  readonly current?: number;
  readonly total?: number;
  readonly units?: string;
  readonly hidecounts?: boolean;
}

/**
 * One object of the streams that pull, push, load, import and build are answered with. An answer of status 200 can end with one that has
 * an `error`: the work has failed then.
 */
export interface ProgressMessage {
  readonly status?: string;
  /** Of a layer its short ID, of the first message of a pull the tag. */
  readonly id?: string;
  readonly progressDetail?: ProgressDetail;
  /** The bar that docker draws of `progressDetail`. */
  readonly progress?: string;
  /** Of a load or a build: text to print as it is. */
  readonly stream?: string;
  /** Facts for programs: of a push `PushedImage`, of a build `{ ID }`. */
  readonly aux?: unknown;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message: string };
}

/** What the last message but one of a push says. */
export interface PushedImage {
  readonly Tag: string;
  readonly Digest: string;
  readonly Size: number;
}
