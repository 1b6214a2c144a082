import { contestTests } from './engine-contest.ts';
import { PLATFORMS } from './engine-lines.ts';

contestTests({ platforms: PLATFORMS });
