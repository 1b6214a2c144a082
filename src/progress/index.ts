/** One typed stream of events; bars, plain lines, JSON lines and the Engine API's messages are renderings of it. */
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
