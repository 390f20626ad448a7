import { SessionManagerClient } from 'agent-session-manager/client';

const sessions = new SessionManagerClient(process.env);

/** Works in a session of its own and ends it, whatever comes of the work. Gives the session's workspace. */
export async function handler({ userId, orgId, runId }: { userId: string; orgId: string; runId: string }) {
  const session = await sessions.createSession({ userId, orgId, metadata: { job: 'nightly' }, idempotencyKey: runId });
  try {
    await sessions.updateSystemPrompt({ sessionId: session.id, systemPrompt: 'Summarise the day in three lines.' });
    return { workspacePath: session.workspacePath };
  } finally {
    await sessions.cleanupSession({ sessionId: session.id });
  }
}
