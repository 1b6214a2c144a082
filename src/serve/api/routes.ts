import type { Exchange } from '../http/exchange.ts';
import type { TargetKind } from '../http/target.ts';
import { deleteBlob, getBlob } from './blobs.ts';
import { getTags } from './lists.ts';
import { deleteManifest } from './manifest-delete.ts';
import { getManifest } from './manifest-get.ts';
import { putManifest } from './manifest-put.ts';
import { getReferrers } from './referrers.ts';
import type { RouteContext } from './route-context.ts';
import { beginUpload, cancelUpload, continueUpload, finishUpload, uploadStatus } from './uploads.ts';

/** Answers the exchange; what it throws is answered as an error. */
export type Route = (exchange: Exchange, context: RouteContext) => Promise<void>;

/** What is done to something of a repository, by its kind and the method. */
export const ROUTES: Readonly<Partial<Record<TargetKind, Readonly<Record<string, Route>>>>> = {
  manifest: { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest },
  blob: { GET: getBlob, HEAD: getBlob, DELETE: deleteBlob },
  tags: { GET: getTags, HEAD: getTags },
  referrers: { GET: getReferrers, HEAD: getReferrers },
  uploads: { POST: beginUpload },
  upload: { GET: uploadStatus, HEAD: uploadStatus, PATCH: continueUpload, PUT: finishUpload, DELETE: cancelUpload },
};
