import { SessionNotFoundError } from '../../errors.ts';
import type { DynamoTable } from '../../table/dynamo-table.ts';
import { sessionKey } from '../../table/keys.ts';
import { isActive, type SessionItem, type WorkspaceAccessState } from '../../table/session-item.ts';

const IS_ACTIVE = '#status = :active';
const HAS_TOKEN = 'workspaceAccess.clientToken = :token';
const HAS_POINT = 'workspaceAccess.accessPointId = :id';
const HAS_NO_POINT = 'attribute_not_exists(workspaceAccess.accessPointId)';

const STATUS = { '#status': 'status' };

/**
 * What a session knows of its access point:
 *
 *   (nothing) ── begin ──▶ token ── record ──▶ token and id ── forget ──▶ (nothing)
 *
 * It is on the session's own item, for the reasons in mounting.md.
 */
export class WorkspaceAccessStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Before an access point is made. Concurrent calls all get the token of the first. */
  async begin(sessionId: string, clientToken: string): Promise<WorkspaceAccessState> {
    const outcome = await this.table.update<SessionItem>({
      Key: sessionKey(sessionId),
      UpdateExpression: 'SET workspaceAccess = if_not_exists(workspaceAccess, :new) ADD version :one',
      ConditionExpression: IS_ACTIVE,
      ExpressionAttributeNames: STATUS,
      ExpressionAttributeValues: { ':active': 'active', ':new': { clientToken }, ':one': 1 },
    });
    if (!outcome.updated) throw new SessionNotFoundError();
    return outcome.item.workspaceAccess ?? { clientToken };
  }

  /** Records what was made for the token. False: it was revoked in the meantime. Throws `SessionNotFoundError` if the session ended. */
  async record(sessionId: string, clientToken: string, accessPointId: string): Promise<boolean> {
    const outcome = await this.table.update<SessionItem>({
      Key: sessionKey(sessionId),
      UpdateExpression: 'SET workspaceAccess.accessPointId = :id ADD version :one',
      ConditionExpression: `${IS_ACTIVE} AND ${HAS_TOKEN}`,
      ExpressionAttributeNames: STATUS,
      ExpressionAttributeValues: { ':active': 'active', ':token': clientToken, ':id': accessPointId, ':one': 1 },
    });
    if (!outcome.updated && !isActive(outcome.found)) throw new SessionNotFoundError();
    return outcome.updated;
  }

  /** Removes only the state that was read. Returns the state that is there instead, if there is one. */
  async forget(
    sessionId: string,
    { clientToken, accessPointId }: WorkspaceAccessState,
  ): Promise<WorkspaceAccessState | undefined> {
    const outcome = await this.table.update<SessionItem>({
      Key: sessionKey(sessionId),
      UpdateExpression: 'REMOVE workspaceAccess ADD version :one',
      ConditionExpression: `${HAS_TOKEN} AND ${accessPointId === undefined ? HAS_NO_POINT : HAS_POINT}`,
      ExpressionAttributeValues: {
        ':token': clientToken,
        ':one': 1,
        ...(accessPointId !== undefined && { ':id': accessPointId }),
      },
    });
    return outcome.updated ? undefined : outcome.found?.workspaceAccess;
  }
}
