/** Archives of `docker save` that mean harm, and such that only look so: `dray load` takes what is whole and right, and nothing else changes anything. */
import { goodArchives, paths, tables } from './archives-cases-docker.ts';
import { configs, names } from './archives-cases-names.ts';
import { loadAll } from './archives-stage.ts';

loadAll('archives that are right', goodArchives);
loadAll('paths in archives', paths);
loadAll('manifest.json', tables);
loadAll('configs', configs);
loadAll('names', names);
