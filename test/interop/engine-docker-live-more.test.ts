import { contestTests } from './engine-contest.ts';
import { ACCESS, EVENTS, PLATFORMS } from './engine-lines.ts';

contestTests({ platforms: PLATFORMS, events: EVENTS, access: ACCESS });
