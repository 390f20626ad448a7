import { EXAMPLE, nothing, type DocsOf } from '../../operations/operation-doc.ts';
import { PATH_ERRORS } from '../file-docs.ts';
import type { moveOperations } from './move-operations.ts';

const { sessionId } = EXAMPLE;
const tag = 'files';
const errors = [...PATH_ERRORS, 'FILE_EXISTS', 'DIRECTORY_NOT_EMPTY', 'WORKSPACE_FULL'] as const;
const ENDS =
  'Directories on the way to `to` are made. Without `overwrite` nothing is ever replaced; with it a file or a link ' +
  'replaces a file or a link, and a directory an empty directory. ';

export const moveDocs = {
  moveFile: {
    tag,
    summary: 'Move a file or a directory',
    description:
      ENDS + 'A link moves as a link. A move that is repeated since its answer was lost finds nothing at `from`.',
    output: nothing,
    errors: [...errors, 'NOT_AVAILABLE'],
    examples: {
      file: { summary: 'A file to another name', input: { sessionId, from: 'out/report.txt', to: 'new/moved.txt' } },
      encoded: {
        summary: 'From a path with percent-encoded bytes, over what is there',
        input: { sessionId, encodedFrom: 'out/%72eport.txt', to: 'new/moved.txt', overwrite: true },
      },
    },
  },
  copyFile: {
    tag,
    summary: 'Copy a file or a directory',
    description:
      ENDS +
      'A copy appears as a whole or not at all. It keeps modes, links as links, and names of one file (hard links) that are ' +
      'copied together as names of one file. It fails if a file has a name outside the workspace, if something in it is a FIFO, a socket or a device, or if it takes longer than 20 s.',
    output: nothing,
    errors: [...errors, 'FILE_TOO_LARGE'],
    examples: {
      directory: { summary: 'A directory with all that is in it', input: { sessionId, from: 'out', to: 'new/copy' } },
    },
  },
} as const satisfies DocsOf<typeof moveOperations>;
