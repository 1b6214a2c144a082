/** An operating system and a processor, normalised. See the image index spec, and containerd's platforms for the rules. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[];
}
