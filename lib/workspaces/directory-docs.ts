import * as z from 'zod/mini';
import { count, EXAMPLE, named, nothing, time, type DocsOf } from '../operations/operation-doc.ts';
import type { directoryOperations } from './directory-operations.ts';
import { PATH_ERRORS } from './file-docs.ts';

const { sessionId } = EXAMPLE;
const tag = 'files';

const directoryEntry = named(
  'DirectoryEntry',
  z.strictObject({
    name: z.string(),
    encodedName: z.optional(z.string()),
    path: z.optional(z.string()),
    encodedPath: z.optional(z.string()),
    type: z.enum(['file', 'directory', 'symlink', 'other']),
    size: count,
    modifiedAt: z.optional(time),
    unreadable: z.optional(z.literal(true)),
  }),
);
const directoryAnswer = z.strictObject({
  entries: z.array(directoryEntry),
  nextCursor: z.optional(z.string()),
});
const workspaceUsageAnswer = z.strictObject({
  bytes: count,
  files: count,
  measuredAt: time,
  complete: z.boolean(),
  unreadable: z.optional(count),
});

export const directoryDocs = {
  listDirectory: {
    tag,
    summary: 'What is in a directory, by name',
    description:
      'Without a path, the workspace itself. `recursive=true` lists what is below too, each directory before what is in it, ' +
      'up to `depth` levels; such a page may be short, and its entries have a `path` relative to the workspace. ' +
      '`encodedName` and `encodedPath` are there where a name is not UTF-8. `unreadable: true`: the agent has closed the ' +
      'entry or what is in it; without `modifiedAt`, nothing more is known.',
    output: directoryAnswer,
    errors: [...PATH_ERRORS, 'RESPONSE_TOO_LARGE'],
    examples: {
      root: { summary: 'The workspace itself', input: { sessionId } },
      page: { summary: 'The first ten names of a directory', input: { sessionId, path: 'out', limit: 10 } },
      tree: { summary: 'Two levels of the workspace', input: { sessionId, recursive: true, depth: 2 } },
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
    description:
      '`complete: false`: at least that; asking again goes on with measuring. `unreadable`: so many entries and directories ' +
      'could not be measured, since the agent has closed them; what was known of them before is counted still.',
    output: workspaceUsageAnswer,
    errors: ['FILE_PERMISSION'],
    examples: { plain: { summary: 'By the session’s id', input: { sessionId } } },
  },
} as const satisfies DocsOf<typeof directoryOperations>;
