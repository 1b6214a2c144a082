import { contestTests } from './engine-contest.ts';
import { ACCESS } from './engine-lines.ts';

contestTests({ access: ACCESS });
