/** Layers whose headers lie: `dray unpack` refuses them, or reads them as tar and docker do. */
import { headers, records } from './layers-cases-headers.ts';
import { sparseFiles } from './layers-cases-stored.ts';
import { unpackAll } from './layers-stage.ts';

unpackAll('headers', headers);
unpackAll('extended headers', records);
unpackAll('sparse files', sparseFiles);
