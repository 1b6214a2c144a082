/** Hard links, whiteouts, special files and rights in layers: what `dray unpack` makes of them, and what it must not. */
import { hardLinks } from './layers-cases-links.ts';
import { kindsOfOneName, modesAndTimes, specialFiles } from './layers-cases-special.ts';
import { escapingWhiteouts, whiteoutsThatStay } from './layers-cases-whiteouts.ts';
import { unpackAll } from './layers-stage.ts';

unpackAll('hard links', hardLinks);
unpackAll('whiteouts of what is outside', escapingWhiteouts);
unpackAll('whiteouts', whiteoutsThatStay);
unpackAll('special files', specialFiles);
unpackAll('kinds of one name', kindsOfOneName);
unpackAll('modes, owners and times', modesAndTimes);
