import * as z from 'zod/mini';
import { count, EXAMPLE, named, nothing, time, type DocsOf } from '../operations/operation-doc.ts';
import type { fileOperations } from './file-operations.ts';

const { sessionId } = EXAMPLE;
const tag = 'files';
const file = { sessionId, path: 'out/report.txt' };
export const PATH_ERRORS = ['PATH_OUTSIDE_WORKSPACE', 'NOT_A_FILE', 'FILE_PERMISSION', 'FILE_NOT_FOUND'] as const;
const base64 = (text: string) => Buffer.from(text).toString('base64');

const etag = z.string().check(z.regex(/^".+"$/));
const fileAnswer = z.strictObject({
  content: z.optional(z.base64()),
  size: count,
  etag,
  modifiedAt: time,
  contentRange: z.optional(z.string()),
});
const statAnswer = z.strictObject({
  size: count,
  modifiedAt: time,
  etag,
  mode: z.string().check(z.regex(/^[0-7]{3}$/)),
});
const writtenAnswer = named('WrittenFile', z.strictObject({ etag, size: count, modifiedAt: time }));
const receivedAnswer = named('ReceivedPart', z.strictObject({ received: count, total: count }));

export const fileDocs = {
  readFile: {
    tag,
    summary: 'Read a file',
    description:
      'An answer carries at most 4 MiB: larger files come in ranges. `If-Match` keeps all of them of one state of the file.',
    output: fileAnswer,
    errors: [...PATH_ERRORS, 'FILE_TOO_LARGE', 'PRECONDITION_FAILED', 'RANGE_NOT_SATISFIABLE', 'RESPONSE_TOO_LARGE'],
    examples: {
      whole: { summary: 'All of it', input: file },
      range: { summary: 'Its first four bytes', input: { ...file, range: 'bytes=0-3' }, status: 206 },
    },
  },
  statFile: {
    tag,
    summary: 'What a file is, without its content',
    description: 'Size, time of the last change, tag and permissions of a file that can be read, whatever its size.',
    output: statAnswer,
    errors: [...PATH_ERRORS, 'PRECONDITION_FAILED'],
    examples: { plain: { summary: 'By its path', input: file } },
  },
  writeFile: {
    tag,
    summary: 'Write a file, or a part of it',
    description:
      'Replaces the file as a whole; directories on the way are made. A request carries at most 4 MiB: more goes up in ' +
      'parts with `Content-Range`, one after the other, and is in its place with the last. `mode` sets the permissions, ' +
      'in octal digits as `chmod` takes them; else a file that is replaced keeps its own, and a new one has 600.',
    output: writtenAnswer,
    partialOutput: receivedAnswer,
    errors: [...PATH_ERRORS, 'FILE_TOO_LARGE', 'PRECONDITION_FAILED', 'RANGE_NOT_SATISFIABLE', 'WORKSPACE_FULL'],
    examples: {
      whole: { summary: 'Text', input: { sessionId, path: 'new/notes.txt', content: base64('Good morning.\n') } },
      once: {
        summary: 'Only where nothing is',
        input: { sessionId, path: 'new/once.txt', content: base64('Only once.\n'), ifNoneMatch: '*' },
      },
      script: {
        summary: 'A program that can be executed',
        input: { sessionId, path: 'new/run.sh', content: base64('#!/bin/sh\n'), mode: '755' },
      },
      part: {
        summary: 'The first five of ten bytes',
        input: {
          sessionId,
          path: 'new/parts.bin',
          content: base64('12345'),
          contentRange: 'bytes 0-4/10',
          uploadId: 'upload-1',
        },
        status: 202,
      },
    },
  },
  deleteFile: {
    tag,
    summary: 'Delete a file',
    output: nothing,
    errors: [...PATH_ERRORS, 'PRECONDITION_FAILED'],
    examples: { plain: { summary: 'By its path', input: file } },
  },
} as const satisfies DocsOf<typeof fileOperations>;
