import { createHash } from 'node:crypto';
import path from 'node:path';

/** EFS access points allow paths of 100 characters; the root, this and a session id fit into that. */
const USER_DIRECTORY_CHARACTERS = 48;
const HASH_CHARACTERS = 32;

/**
 * One name for each user id: percent-encoded, dots included, so that it is never hidden and never leads upwards.
 * Ids that get too long keep their beginning and end in a hash behind a `~`, which no encoded id contains.
 */
export function userDirectory(userId: string): string {
  const encoded = userId.replace(/[^A-Za-z0-9_@-]/gu, percentEncoded);
  if (encoded.length <= USER_DIRECTORY_CHARACTERS) return encoded;
  const hash = createHash('sha256').update(userId, 'utf8').digest('hex').slice(0, HASH_CHARACTERS);
  return `${encoded.slice(0, USER_DIRECTORY_CHARACTERS - HASH_CHARACTERS - 1)}~${hash}`;
}

function percentEncoded(character: string): string {
  return Buffer.from(character, 'utf8').toString('hex').toUpperCase().replace(/../g, '%$&');
}

/** Where a session's workspace is, relative to the workspace root. */
export const workspaceOf = (userId: string, sessionId: string): string => `${userDirectory(userId)}/${sessionId}`;

/** The places below a workspace root. */
export class WorkspacePaths {
  readonly root: string;
  readonly pending: string;
  readonly trash: string;
  readonly uploads: string;

  constructor(root: string) {
    this.root = root;
    this.pending = path.join(root, '.pending');
    this.trash = path.join(root, '.trash');
    this.uploads = path.join(root, '.uploads');
  }

  place(workspace: string): string {
    return path.join(this.root, workspace);
  }

  pendingOf(sessionId: string): string {
    return path.join(this.pending, sessionId);
  }

  /** Where what is being written to a session's files is kept until it is whole. */
  uploadsOf(sessionId: string): string {
    return path.join(this.uploads, sessionId);
  }
}
