import type { Deployment } from './deployment.ts';
import { created, http } from './deployed-api.ts';

const OPERATOR = { 'x-user-id': 'olga', 'x-org-id': 'platform', 'x-role': 'operator' };

/**
 * Fills the only seat of a user or an organisation with a session that expires after a second, creates another, and ends
 * it. Gives the status of the expired session after that.
 */
export async function createdInPlaceOfExpired(deployment: Deployment, scope: string): Promise<number> {
  const owner = { userId: scope, orgId: `busy-${scope}` };
  const query = scope === 'user' ? owner : { orgId: owner.orgId };
  await http(deployment, 'records', 'PUT /limits/{scope}', {
    path: { scope },
    query,
    headers: OPERATOR,
    body: { limit: 1 },
  });
  const first = await created(deployment, owner);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const second = await created(deployment, owner);
  const end = { operation: 'cleanupSession', input: { sessionId: second.id } };
  await deployment.of('lifecycle').instance.invoke(end);
  const path = { sessionId: first.id };
  return (await http(deployment, 'records', 'GET /sessions/{sessionId}', { path, headers: OPERATOR })).statusCode;
}
