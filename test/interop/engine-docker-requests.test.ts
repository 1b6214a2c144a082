import { contestTests } from './engine-contest.ts';
import { REQUESTS } from './engine-requests.ts';

contestTests({ requests: REQUESTS });
