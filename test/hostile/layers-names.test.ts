/** Layers that mean harm, and such that only look so: `dray unpack` writes what they hold into the folder, and nothing anywhere else. */
import { symlinkEscapes, symlinksThatStay } from './layers-cases-links.ts';
import { escapingNames, oddNames } from './layers-cases-names.ts';
import { unpackAll } from './layers-stage.ts';

unpackAll('names that lead elsewhere', escapingNames);
unpackAll('odd names', oddNames);
unpackAll('links that lead elsewhere', symlinkEscapes);
unpackAll('links that stay', symlinksThatStay);
