/** Layouts and files that are no archives: `dray load` takes what is whole and right, and nothing else changes anything. */
import { files } from './archives-cases-files.ts';
import { layouts } from './archives-cases-layouts.ts';
import { loadAll } from './archives-stage.ts';

loadAll('layouts', layouts);
loadAll('files', files);
