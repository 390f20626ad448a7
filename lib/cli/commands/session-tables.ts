import type { OutputOf } from '../../api/operations.ts';
import { columns, fields } from '../cli-run.ts';
import { jsonLine } from '../visible.ts';

export type Session = OutputOf<'getSession'>;

export const sessionFields = ({ mcpClientIds, metadata, due, ...rest }: Session): string =>
  fields({ ...rest, ...(due && { due: 'yes' }), mcpClientIds: mcpClientIds.join(' '), metadata: jsonLine(metadata) });

export function sessionColumns(sessions: Session[]): string {
  const rows = sessions.map(({ id, userId, orgId, lastActiveAt, expiresAt, mcpClientIds, metadata }) => [
    id,
    userId,
    orgId,
    lastActiveAt,
    expiresAt,
    mcpClientIds.length,
    Object.entries(metadata)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  ]);
  return columns(['ID', 'USER', 'ORG', 'LAST ACTIVE', 'EXPIRES', 'MCP', 'METADATA'], rows);
}
