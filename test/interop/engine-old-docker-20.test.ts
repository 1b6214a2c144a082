import { oldDockerTests } from './engine-old-docker.ts';

oldDockerTests('20');
