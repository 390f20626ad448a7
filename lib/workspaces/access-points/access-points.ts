import path from 'node:path';
import { workspaceOf } from '../workspace-paths.ts';
import type { FileSystemPlace } from '../../configuration.ts';

/** An access point of a session. Its state is `broken` when EFS has given it up. */
export interface AccessPoint {
  accessPointId: string;
  accessPointArn: string;
  clientToken: string;
  sessionId: string;
  state: 'creating' | 'available' | 'broken';
  madeAt: Date;
}

export interface AccessPointRequest {
  /** At most 64 ASCII characters: EFS makes one access point for a token, however often it is requested. */
  clientToken: string;
  sessionId: string;
  userId: string;
  orgId: string;
  now: Date;
}

/**
 * The access points of the workspaces' file system. Throws a `ContentionError` when EFS is busy or not to be reached
 * until the retries are used up or `signal` aborts.
 */
export interface AccessPoints {
  readonly fileSystemId: string;
  /** The one of this token, made now or before; none if it was made and removed. Throws `WorkspaceAccessLimitError`. */
  create(request: AccessPointRequest, signal: AbortSignal): Promise<AccessPoint | undefined>;
  /** None also if it is being deleted. */
  find(accessPointId: string, signal: AbortSignal): Promise<AccessPoint | undefined>;
  /** No error if there is none. Existing mounts stay, new ones are impossible. */
  remove(accessPointId: string, signal: AbortSignal): Promise<void>;
  /** All of sessions, and none that is not of a session, page by page. */
  pages(signal: AbortSignal): AsyncGenerator<AccessPoint[]>;
  /** Ends connections that are kept. */
  close?(): void;
}

/** The tags by which access points of sessions are known. Permissions to make and remove them are bound to `fileSystem`. */
export const ACCESS_POINT_TAGS = {
  session: 'session-manager:session',
  user: 'session-manager:user',
  organisation: 'session-manager:organisation',
  fileSystem: 'session-manager:file-system',
  madeAt: 'session-manager:made-at',
} as const;

/** The directory of a session from the file system's own root. EFS allows 100 characters and 4 components. */
export const rootDirectoryOf = ({ root }: FileSystemPlace, userId: string, sessionId: string): string =>
  path.posix.join(root, workspaceOf(userId, sessionId));
