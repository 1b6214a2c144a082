/** Layers that are stored in odd ways, or are not what the image says: `dray unpack` takes what is whole and right. */
import { bombs, compression, promises } from './layers-cases-stored.ts';
import { unpackAll } from './layers-stage.ts';

unpackAll('compression', compression);
unpackAll('bombs', bombs);
unpackAll('what the image says', promises);
