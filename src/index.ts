export type { Dray, DrayOptions } from './dray.ts';
