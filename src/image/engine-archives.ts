import type { Bytes } from '#bytes';
import type { CallOptions } from '#content';

/** A Docker engine, as far as its images can be had and given: as archives. */
export interface EngineArchives {
  /** For messages: `unix:///var/run/docker.sock`. */
  readonly host: string;
  /** `OS/ARCH` where the engine keeps images of its own platform alone; undefined for one that keeps indexes. */
  platform(options?: CallOptions): Promise<string | undefined>;
  /** An image by name or ID as `docker save` writes it. Rejects with NOT_FOUND where the engine has none. */
  save(name: string, options?: CallOptions): Promise<Bytes>;
  /** Gives an archive to the engine as `docker load` does; resolves when the engine has taken all of it. Rejects with what the engine says. */
  load(archive: Bytes, options?: CallOptions): Promise<void>;
}
