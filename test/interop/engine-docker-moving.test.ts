import { contestTests } from './engine-contest.ts';
import { MOVING } from './engine-lines.ts';

contestTests({ moving: MOVING });
