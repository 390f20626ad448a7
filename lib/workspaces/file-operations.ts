import { fileAudit } from './file-audit.ts';
import * as z from 'zod/mini';
import { lazily } from '../schemas.ts';
import { ValidationError } from '../errors.ts';
import { parseContentRange, parseRanges } from './byte-range.ts';
import { entityTags, fileMode, tagOrDate } from './condition-schemas.ts';
import { onePath, pathShape } from './path-schemas.ts';
import { workspaceOperation } from './workspace-operation.ts';

const fileShape = () => ({ sessionId: z.string(), ...pathShape() });
const tags = lazily(() => z.optional(entityTags()));

/** Base64 as every encoder makes it: other spellings that decode to some bytes are a mistake of the caller. */
function bytesOf(content: string): Buffer {
  const bytes = Buffer.from(content, 'base64');
  if (bytes.toString('base64') !== content) throw ValidationError.at('content', 'must be base64');
  return bytes;
}

/** A file as it travels: `content` in base64 where there is any, and which bytes of the file it is if not all. */
export interface FileAnswer {
  content?: string;
  size: number;
  etag: string;
  modifiedAt: string;
  contentRange?: string;
}

/** Of a file that is in its place now, or of how much of it has arrived. */
export type WriteAnswer =
  | { etag: string; size: number; modifiedAt: string; received?: never }
  | { received: number; total: number; etag?: never };

export const fileOperations = {
  /**
   * Read a file. An answer carries at most 4 MiB: larger files come in ranges. `If-Match` keeps all of them of one state
   * of the file.
   */
  readFile: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.readFile,
    input: () =>
      z.strictObject({
        ...fileShape(),
        range: z.optional(z.string().check(z.maxLength(256))),
        ifMatch: tags(),
        ifNoneMatch: tags(),
        ifRange: z.optional(tagOrDate()),
      }),
    run: async ({ sessionId, path, encodedPath, range, ...conditions }, { manager }) => {
      const at = onePath(path, encodedPath);
      const ranges = parseRanges(range);
      const read = await manager.session(sessionId).files.read(at, ranges, conditions);
      const { size, etag, modifiedAt } = read;
      const output: FileAnswer = { size, etag, modifiedAt };
      if ('unmodified' in read) return { output, unmodified: true };
      const { first, bytes } = read;
      output.content = bytes.toString('base64');
      if (!read.isPart) return { output };
      output.contentRange = `bytes ${first}-${first + bytes.length - 1}/${size}`;
      return { output, partial: true };
    },
  }),

  /**
   * What a file is, without its content. Size, time of the last change, tag and permissions of a file that can be read,
   * whatever its size.
   */
  statFile: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.statFile,
    input: () => z.strictObject({ ...fileShape(), ifMatch: tags(), ifNoneMatch: tags() }),
    run: async ({ sessionId, path, encodedPath, ...conditions }, { manager }) => {
      const at = onePath(path, encodedPath);
      const { unmodified = false, ...output } = await manager.session(sessionId).files.stat(at, conditions);
      return { output, unmodified };
    },
  }),

  /**
   * Write a file, or a part of it. Replaces the file as a whole; directories on the way are made. A request carries at
   * most 4 MiB: more goes up in parts with `Content-Range`, one after the other, and is in its place with the last.
   */
  writeFile: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.writeFile,
    input: () =>
      z.strictObject({
        ...fileShape(),
        content: z.optional(z.string()),
        contentRange: z.optional(z.string().check(z.maxLength(256))),
        uploadId: z.optional(z.string().check(z.maxLength(128))),
        mode: z.optional(fileMode()),
        ifMatch: tags(),
        ifNoneMatch: z.optional(z.literal('*', 'must be *')),
      }),
    run: async (input, { manager }) => {
      const { sessionId, path, encodedPath, content = '', contentRange, uploadId = '', ...options } = input;
      const at = onePath(path, encodedPath);
      const bytes = bytesOf(content);
      const { files } = manager.session(sessionId);
      const outcome =
        contentRange === undefined
          ? await files.write(at, bytes, options)
          : await files.writePart(at, bytes, { ...parseContentRange(contentRange, bytes.length), uploadId }, options);
      if ('received' in outcome) return { output: outcome as WriteAnswer, partial: true };
      const { existed, ...output } = outcome;
      return { output: output as WriteAnswer, existed };
    },
  }),

  /** Delete a file. */
  deleteFile: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.deleteFile,
    input: () => z.strictObject({ ...fileShape(), ifMatch: tags() }),
    run: async ({ sessionId, path, encodedPath, ifMatch }, { manager }) => {
      await manager.session(sessionId).files.delete(onePath(path, encodedPath), { ifMatch });
      return { output: null };
    },
  }),
};
