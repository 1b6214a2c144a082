import { runServeWorker } from './run-serve-worker.ts';

runServeWorker(process);
