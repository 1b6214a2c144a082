/** What of a registry can be chosen, with the defaults filled in. */
export interface Rules {
  readonly deletes: boolean;
  readonly schema1: 'signed' | 'off';
  readonly indexes: 'sparse' | 'whole';
  readonly pageSize: number;
  /** Bytes. */
  readonly manifestLimit: number;
  /** Milliseconds. */
  readonly stallTimeout: number;
}
