import { contestTests } from './engine-contest.ts';
import { ARCHIVES, LOOKING, MOVING, OTHERS } from './engine-lines.ts';

contestTests({ looking: LOOKING, moving: MOVING, archives: ARCHIVES, others: OTHERS });
