import { contestTests } from './engine-contest.ts';
import { ARCHIVES, OTHERS } from './engine-lines.ts';

contestTests({ archives: ARCHIVES, others: OTHERS });
