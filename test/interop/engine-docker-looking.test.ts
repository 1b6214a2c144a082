import { contestTests } from './engine-contest.ts';
import { LOOKING } from './engine-lines.ts';

contestTests({ looking: LOOKING });
