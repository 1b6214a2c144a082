export type { Descriptor, Digest } from './descriptor.ts';
export type { Platform } from './platform.ts';
export type { Reference } from './reference.ts';
