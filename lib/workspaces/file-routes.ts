import type { Route } from '../operations/route.ts';
import type { fileOperations } from './file-operations.ts';

const FILES = '/sessions/{sessionId}/files';
/** A browser may keep a file, and asks each time whether it is still the same. */
const OF_FILES = { 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache' };

export const fileRoutes = {
  readFile: {
    method: 'GET',
    path: FILES,
    agent: 'files:read',
    query: { path: 'string', encodedPath: 'string' },
    headers: { range: 'range', ifMatch: 'if-match', ifNoneMatch: 'if-none-match', ifRange: 'if-range' },
    status: 200,
    statusIfPartial: 206,
    statusIfUnmodified: 304,
    rawAnswer: 'content',
    answerHeaders: { etag: 'etag', 'last-modified': 'modifiedAt', 'content-range': 'contentRange' },
    fixedHeaders: OF_FILES,
    repetition: 'always',
  },
  statFile: {
    method: 'HEAD',
    path: FILES,
    agent: 'files:read',
    query: { path: 'string', encodedPath: 'string' },
    headers: { ifMatch: 'if-match', ifNoneMatch: 'if-none-match' },
    status: 200,
    statusIfUnmodified: 304,
    headersOnly: true,
    answerHeaders: { etag: 'etag', 'last-modified': 'modifiedAt', 'content-length': 'size', 'file-mode': 'mode' },
    fixedHeaders: OF_FILES,
    repetition: 'always',
  },
  writeFile: {
    method: 'PUT',
    path: FILES,
    agent: 'files:write',
    query: { path: 'string', encodedPath: 'string', mode: 'string' },
    rawBody: 'content',
    headers: {
      contentRange: 'content-range',
      uploadId: 'upload-id',
      ifMatch: 'if-match',
      ifNoneMatch: 'if-none-match',
    },
    status: 201,
    statusIfExisted: 204,
    tellsExisted: true,
    statusIfPartial: 202,
    answerHeaders: { etag: 'etag' },
    repetition: 'whole and without a condition',
  },
  deleteFile: {
    method: 'DELETE',
    path: FILES,
    agent: 'files:write',
    query: { path: 'string', encodedPath: 'string' },
    headers: { ifMatch: 'if-match' },
    status: 204,
    repetition: 'without a condition',
  },
} as const satisfies Record<keyof typeof fileOperations, Route>;
