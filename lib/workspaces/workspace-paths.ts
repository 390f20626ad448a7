import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import { validate as isUuid } from 'uuid';

/** Whose workspace it is. Its place is computed from these two, and read from nowhere. */
export interface Workspace {
  id: string;
  userId: string;
}

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

/**
 * Where a session's workspace is, relative to the workspace root. Whoever writes the table chooses what both ids are: an
 * id that is no UUID could lead anywhere, and one without a user would be the directory of the user who is named so.
 */
export function workspaceOf(userId: string, sessionId: string): string {
  if (!isUuid(sessionId)) throw new Error('no path is made of a session id that is not a UUID');
  if (userId === '') throw new Error('no path is made of an empty user id');
  return `${userDirectory(userId)}/${sessionId}`;
}

/** A name from a listing, or one of ours: of one component, and not the way up. */
export function plainName(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) throw new Error('not a plain name');
  return name;
}

/** How what is trash is named in `.pending`, where no session's name ends so. */
const ASIDE = '.trash';
export const isTrashAside = (name: string): boolean => name.endsWith(ASIDE);

/** Another one each time, with the id of its session where it has one: other names on disk may be as long as names can be. */
export const trashName = (sessionId: string, { aside = false } = {}): string =>
  `${isUuid(sessionId) ? sessionId : 'unknown'}.${randomUUID()}${aside ? ASIDE : ''}`;

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

  placeOf({ userId, id }: Workspace): string {
    return path.join(this.root, workspaceOf(userId, id));
  }

  /** A directory of a user, by its name at the root, or something in it. */
  found(user: string, ...names: string[]): string {
    return path.join(this.root, ...[user, ...names].map(plainName));
  }

  pendingOf(sessionId: string): string {
    return path.join(this.pending, plainName(sessionId));
  }

  trashed(name: string): string {
    return path.join(isTrashAside(name) ? this.pending : this.trash, plainName(name));
  }

  /** Where what is being written to a session's files is kept until it is whole. */
  uploadsOf(sessionId: string): string {
    return path.join(this.uploads, plainName(sessionId));
  }
}
