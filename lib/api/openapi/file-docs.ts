import {
  directoryAnswer,
  fileAnswer,
  nothing,
  receivedAnswer,
  workspaceUsageAnswer,
  writtenAnswer,
} from './answers.ts';
import { EXAMPLE } from './operation-doc.ts';

const { sessionId } = EXAMPLE;
const tag = 'files' as const;
const file = { sessionId, path: 'out/report.txt' };
const PATH_ERRORS = ['PATH_OUTSIDE_WORKSPACE', 'NOT_A_FILE', 'FORBIDDEN', 'FILE_NOT_FOUND'] as const;
const base64 = (text: string) => Buffer.from(text).toString('base64');

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
  writeFile: {
    tag,
    summary: 'Write a file, or a part of it',
    description:
      'Replaces the file as a whole; directories on the way are made. A request carries at most 4 MiB: more goes up in ' +
      'parts with `Content-Range`, one after the other, and is in its place with the last.',
    output: writtenAnswer,
    partialOutput: receivedAnswer,
    errors: [...PATH_ERRORS, 'FILE_TOO_LARGE', 'PRECONDITION_FAILED', 'RANGE_NOT_SATISFIABLE', 'WORKSPACE_FULL'],
    examples: {
      whole: { summary: 'Text', input: { sessionId, path: 'new/notes.txt', content: base64('Good morning.\n') } },
      once: {
        summary: 'Only where nothing is',
        input: { sessionId, path: 'new/once.txt', content: base64('Only once.\n'), ifNoneMatch: '*' },
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
  listDirectory: {
    tag,
    summary: 'What is in a directory, by name',
    description: 'Without a path, the workspace itself.',
    output: directoryAnswer,
    errors: [...PATH_ERRORS, 'RESPONSE_TOO_LARGE'],
    examples: {
      root: { summary: 'The workspace itself', input: { sessionId } },
      page: { summary: 'The first ten names of a directory', input: { sessionId, path: 'out', limit: 10 } },
    },
  },
  makeDirectory: {
    tag,
    summary: 'Make a directory',
    description: 'Parents are made too.',
    output: nothing,
    errors: [...PATH_ERRORS, 'WORKSPACE_FULL'],
    examples: { plain: { summary: 'Two at once', input: { sessionId, path: 'new/directory' } } },
  },
  removeDirectory: {
    tag,
    summary: 'Remove a directory',
    output: nothing,
    errors: [...PATH_ERRORS, 'DIRECTORY_NOT_EMPTY'],
    examples: { plain: { summary: 'With all that is in it', input: { sessionId, path: 'out', recursive: true } } },
  },
  getWorkspaceUsage: {
    tag,
    summary: 'How much a workspace holds',
    description: '`complete: false`: at least that; asking again goes on with measuring.',
    output: workspaceUsageAnswer,
    errors: [],
    examples: { plain: { summary: 'By the session’s id', input: { sessionId } } },
  },
} as const;
