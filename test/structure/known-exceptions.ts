/** Imports that run up. The list gets shorter only: an import that is not there any more fails too. */
export const IMPORTS_UP: readonly string[] = [
  // Classes are given all parts of a manager instead of those that they use.
  'lib/limits/limit-settings.ts → lib/composition/session-manager-parts.ts',
  'lib/mcp-clients/mcp-client.ts → lib/composition/session-manager-parts.ts',
  'lib/prompts/first-prompt.ts → lib/composition/session-manager-parts.ts',
  'lib/prompts/prompt-layers.ts → lib/composition/session-manager-parts.ts',
  'lib/reconcile/reconciler.ts → lib/composition/session-manager-parts.ts',
  'lib/sessions/session-counts.ts → lib/composition/session-manager-parts.ts',
  'lib/sessions/session.ts → lib/composition/session-manager-parts.ts',
  'lib/workspaces/access-points/access-check.ts → lib/composition/session-manager-parts.ts',
  'lib/workspaces/session-files.ts → lib/composition/session-manager-parts.ts',
  'lib/workspaces/workspace-quota.ts → lib/composition/session-manager-parts.ts',
  // The one makes the other, which knows its class instead of an interface.
  'lib/mcp-clients/mcp-client.ts → lib/sessions/session.ts',
  // The context of an operation is not generic yet.
  'lib/operations/operation.ts → lib/sessions/session-manager.ts',
  // Schemas that several modules need are among the options of a session.
  'lib/prompts/prompt-layers.ts → lib/sessions/session-options.ts',
  // The public class puts itself together, and makes a reconciler for each caller.
  'lib/sessions/manager-view.ts → lib/composition/session-manager-parts.ts',
  'lib/sessions/session-manager.ts → lib/composition/session-manager-parts.ts',
  'lib/sessions/session-manager.ts → lib/reconcile/reconciler.ts',
  // A type or a constant of a module above.
  'lib/telemetry/metrics/metric-lines.ts → lib/limits/limit.ts',
  // The scan reads sessions by the classes of the sessions instead of an interface of its own.
  'lib/workspaces/usage-scan.ts → lib/sessions/session-list-store.ts',
  'lib/workspaces/usage-scan.ts → lib/sessions/session-store.ts',
];

/** Files that lead to each other by their types. */
export const CIRCLES: readonly string[] = ['lib/mcp-clients/mcp-client.ts lib/sessions/session.ts'];

/** Words outside of where `rooms.ts` wants them. */
export const STRAY_WORDS: readonly string[] = [
  // An option of the command line has the name of a header.
  'lib/cli/session-commands.ts: idempotency-key',
  // Reads an item as it is stored.
  'lib/limits/seat-knowledge.ts: pk',
  // The name of a class.
  'lib/limits/seat-transaction.ts: Transaction',
  // A bound that is no status.
  'lib/mcp-clients/credentials/credential-vault.ts: 500',
  'lib/sessions/session-operations.ts: 500',
  // The list of headers that credentials may not be.
  'lib/mcp-clients/credentials/mcp-credentials.ts: content-type',
];
