/** One typed stream of events; bars, plain lines, JSON lines and the Engine API's messages are renderings of it. */
export { type DockerStep } from './docker-step.ts';
export type {
  BlobProgress,
  BlobRetry,
  BlobRole,
  BlobState,
  DebugNote,
  EndpointFailed,
  ImageDone,
  ImagePlanned,
  ImageStarted,
  Notice,
  OnEvent,
  OutputWritten,
  ProgressEvent,
  RequestRetry,
  Warning,
} from './events.ts';
export { type BlobView, fold, isSettled, type ProgressState, secondsLeft, speedOf, startProgress } from './fold.ts';
export { humanSize } from './human-size.ts';
export { nameOf, PullSteps } from './pull-steps.ts';
export { PushSteps } from './push-steps.ts';
