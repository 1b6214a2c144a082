/**
 * A Docker engine: the Engine API over dray's own store, for the docker command and whatever else speaks it. Routes are small; the work is
 * done by the verbs of `Dray`, whose events become docker's messages here.
 */
export { readEngineAddress } from './engine-address.ts';
export { type EngineServer, type StartEngineOptions, startEngineServer } from './start-engine-server.ts';
