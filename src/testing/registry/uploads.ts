import { randomUUID } from 'node:crypto';

/** What a registry makes of uploads; an obliging one by default. */
export interface UploadRules {
  /** Smallest piece that it takes but for the last, announced as OCI-Chunk-Min-Length. */
  readonly leastPiece?: number | undefined;
  /** Largest body of one request: above it there is a 413. */
  readonly mostBody?: number | undefined;
  /** False: PATCH is refused with 405. */
  readonly patch?: boolean | undefined;
  /** False: nobody can ask how far an upload is. */
  readonly status?: boolean | undefined;
  /** False: there is a 202 where a mount is asked for. */
  readonly mount?: boolean | undefined;
  /** False: only a mount that says from where is one. */
  readonly anonymousMount?: boolean | undefined;
  /**
   * How Location says where to go on: with the scheme and host (as docker-registry), without them, or with a URL that is made here of the path and
   * query, e.g. on another host.
   */
  readonly location?: 'absolute' | 'relative' | ((path: string) => string) | undefined;
  /**
   * True: Location says how far the upload is, and is of no use when that is not so any more, as docker-registry has it. An upload that was cut is
   * lost then.
   */
  readonly strict?: boolean | undefined;
}

/** An upload that is open. */
export interface OpenUpload {
  readonly id: string;
  readonly repository: string;
  /** What came so far. */
  readonly parts: Uint8Array[];
  size: number;
}

/** The uploads that are open. */
export class Uploads {
  readonly rules: UploadRules;
  readonly #open = new Map<string, OpenUpload>();

  constructor(rules: UploadRules) {
    this.rules = rules;
  }

  /** How many there are. */
  get count(): number {
    return this.#open.size;
  }

  begin(repository: string): OpenUpload {
    const upload: OpenUpload = { id: randomUUID(), repository, parts: [], size: 0 };
    this.#open.set(upload.id, upload);
    return upload;
  }

  /** Undefined for one that is not there, or that `state` does not fit. */
  find(repository: string, id: string, state: string | null): OpenUpload | undefined {
    const upload = this.#open.get(id);
    if (upload === undefined || upload.repository !== repository) return undefined;
    return this.rules.strict === true && state !== String(upload.size) ? undefined : upload;
  }

  end({ id }: OpenUpload): void {
    this.#open.delete(id);
  }

  /** Forgets them all, as a registry that is cleaned up. */
  clear(): void {
    this.#open.clear();
  }
}
