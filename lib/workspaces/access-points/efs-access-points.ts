import { types } from 'node:util';
import {
  AccessPointAlreadyExists,
  AccessPointLimitExceeded,
  AccessPointNotFound,
  CreateAccessPointCommand,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
  EFSClient,
  EFSServiceException,
  IncorrectFileSystemLifeCycleState,
  type AccessPointDescription,
  type EFSClientConfig,
} from '@aws-sdk/client-efs';
import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { ContentionError, WorkspaceAccessLimitError } from '../../errors.ts';
import {
  ACCESS_POINT_TAGS,
  rootDirectoryOf,
  type AccessPoint,
  type AccessPointRequest,
  type AccessPoints,
} from './access-points.ts';
import { tagValue } from './tag-value.ts';
import type { FileSystemPlace } from '../../configuration.ts';

type SdkError = Parameters<typeof isTransientError>[0];

const GONE = new Set(['deleting', 'deleted']);

/** The access points as the EFS API has them. `settings` say how long to try, and how often. */
export const efsAccessPoints = (place: FileSystemPlace, settings: EFSClientConfig): AccessPoints =>
  new EfsAccessPoints(place, new EFSClient(settings));

class EfsAccessPoints implements AccessPoints {
  readonly fileSystemId: string;
  private readonly place: FileSystemPlace;
  private readonly client: EFSClient;

  constructor(place: FileSystemPlace, client: EFSClient) {
    this.fileSystemId = place.fileSystemId;
    this.place = place;
    this.client = client;
  }

  close(): void {
    this.client.destroy();
  }

  /** Without `CreationInfo`: a mount after the session's end fails, and does not bring the directory back. */
  async create(request: AccessPointRequest, signal: AbortSignal): Promise<AccessPoint | undefined> {
    const { fileSystemId, posixId } = this.place;
    const command = new CreateAccessPointCommand({
      ClientToken: request.clientToken,
      FileSystemId: fileSystemId,
      PosixUser: { Uid: posixId, Gid: posixId },
      RootDirectory: { Path: rootDirectoryOf(this.place, request.userId, request.sessionId) },
      Tags: this.tagsOf(request),
    });
    try {
      return this.existing(await this.client.send(command, { abortSignal: signal }));
    } catch (thrown) {
      if (!(thrown instanceof AccessPointAlreadyExists)) throw typed(thrown, signal);
      return this.find(thrown.AccessPointId ?? '', signal);
    }
  }

  async find(accessPointId: string, signal: AbortSignal): Promise<AccessPoint | undefined> {
    try {
      const command = new DescribeAccessPointsCommand({ AccessPointId: accessPointId });
      const { AccessPoints: [description] = [] } = await this.client.send(command, { abortSignal: signal });
      return description && this.existing(description);
    } catch (thrown) {
      if (thrown instanceof AccessPointNotFound) return undefined;
      throw typed(thrown, signal);
    }
  }

  async remove(AccessPointId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.client.send(new DeleteAccessPointCommand({ AccessPointId }), { abortSignal: signal });
    } catch (thrown) {
      if (thrown instanceof AccessPointNotFound) return;
      // The permission depends on tags. A deleted access point has none, so this was refused: describing it shows which it is.
      if (isPassing(thrown, signal) || (await this.find(AccessPointId, signal))) throw typed(thrown, signal);
    }
  }

  async *pages(signal: AbortSignal): AsyncGenerator<AccessPoint[]> {
    let NextToken: string | undefined;
    do {
      const command = new DescribeAccessPointsCommand({ FileSystemId: this.place.fileSystemId, NextToken });
      const page = await this.client.send(command, { abortSignal: signal }).catch((thrown: unknown) => {
        throw typed(thrown, signal);
      });
      yield (page.AccessPoints ?? []).flatMap((description) => this.existing(description) ?? []);
      NextToken = page.NextToken;
    } while (NextToken);
  }

  private tagsOf({ sessionId, userId, orgId, now }: AccessPointRequest) {
    const values = {
      session: sessionId,
      user: tagValue(userId),
      organisation: tagValue(orgId),
      fileSystem: this.place.fileSystemId,
      madeAt: now.toISOString(),
    };
    return Object.entries(ACCESS_POINT_TAGS).map(([name, Key]) => ({
      Key,
      Value: values[name as keyof typeof values],
    }));
  }

  /** An access point of ours that is there: by its tags, and by where it leads. */
  private existing({ Tags = [], ...description }: AccessPointDescription): AccessPoint | undefined {
    const tags = new Map(Tags.map(({ Key, Value = '' }) => [Key, Value]));
    const sessionId = tags.get(ACCESS_POINT_TAGS.session);
    const { AccessPointId, AccessPointArn, ClientToken, LifeCycleState = '', RootDirectory } = description;
    if (sessionId === undefined || tags.get(ACCESS_POINT_TAGS.fileSystem) !== this.place.fileSystemId) return undefined;
    const leads = RootDirectory?.Path ?? '';
    if (!leads.startsWith(`${this.place.root}/`) || !leads.endsWith(`/${sessionId}`)) return undefined;
    if (AccessPointId === undefined || AccessPointArn === undefined || GONE.has(LifeCycleState)) return undefined;
    return {
      accessPointId: AccessPointId,
      accessPointArn: AccessPointArn,
      clientToken: ClientToken ?? '',
      sessionId,
      state: LifeCycleState === 'available' ? 'available' : LifeCycleState === 'error' ? 'broken' : 'creating',
      madeAt: new Date(Date.parse(tags.get(ACCESS_POINT_TAGS.madeAt) ?? '') || 0),
    };
  }
}

function typed(thrown: unknown, signal: AbortSignal): unknown {
  if (thrown instanceof AccessPointLimitExceeded) return new WorkspaceAccessLimitError(thrown);
  return isPassing(thrown, signal) ? new ContentionError(thrown, 'The file system') : thrown;
}

/** Whether the same request may go well later: throttled, not answered in time, or the file system is being changed. */
function isPassing(thrown: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || thrown instanceof ContentionError) return true;
  if (!types.isNativeError(thrown)) return false;
  if (thrown instanceof IncorrectFileSystemLifeCycleState) return true;
  if (thrown instanceof EFSServiceException && thrown.$fault === 'server') return true;
  return isThrottlingError(thrown as SdkError) || isTransientError(thrown as SdkError);
}
