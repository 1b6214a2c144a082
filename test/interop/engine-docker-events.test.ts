import { contestTests } from './engine-contest.ts';
import { EVENTS } from './engine-lines.ts';

contestTests({ events: EVENTS });
