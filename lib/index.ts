import { mcpPartsOf, mcpServices, type McpOptions } from './composition/mcp.ts';
import { optionsFrom } from './composition/api-functions.ts';
import { SessionManagerV2, type SessionManagerV2Options } from './composition/session-manager-v2.ts';
import { efsAccessPoints } from './workspaces/access-points/efs-access-points.ts';

export { auditEventJsonSchema, auditEventSchemas, type AuditEvent, type AuditLogger } from './api/audit-catalogue.ts';
export { FAILURE_CODES, type FailureCode } from './telemetry/audit/audit-outcome.ts';
export * from './errors.ts';
export * from './agent-tokens/token-errors.ts';
export * from './prompts/prompt-errors.ts';
export * from './workspaces/file-errors.ts';
export { isKnownError, type KnownError } from './api/client/error-of-code.ts';
export type { AgentScope, Caller, Identity } from './identity.ts';
export type { CreatedToken, CreateTokenOptions, SessionTokens, TokenInfo } from './agent-tokens/session-tokens.ts';
export type { LimitInfo, LimitInput, LimitRef } from './limits/limit-settings.ts';
export type { Usage, UsageReport } from './limits/limit.ts';
export type { McpClient, McpClientInfo } from './mcp-clients/mcp-client.ts';
export type { McpClientConfig } from './mcp-clients/mcp-client-config.ts';
export type { McpTool, McpToolResult } from './mcp-clients/mcp-connector.ts';
export type { PreviewRequest, PromptPreview, PromptRef, ScopeRef } from './prompts/prompt-layers.ts';
export type { ComposedPrompt, PromptComposer, PromptRequest } from './prompts/prompt-composer.ts';
export type { PromptLayer, PromptLayerInput } from './prompts/prompt-layer.ts';
export type { Scope as PromptScope } from './identity.ts';
export type { SessionManager } from './sessions/session-manager.ts';
export type { SessionPage } from './sessions/session-listing.ts';
export { efsAccessPoints, SessionManagerV2, type McpOptions, type SessionManagerV2Options };
export { DynamoTable } from './table/dynamo-table.ts';
export { Workspaces } from './workspaces/workspaces.ts';
export type { EncodedPath, FilePath } from './workspaces/files/encoded-path.ts';
export type { SessionFiles } from './workspaces/session-files.ts';
export type { CreateSessionOptions } from './sessions/session-options.ts';
export type { MetadataOptions, MetadataPatch } from './sessions/metadata-change.ts';
export type { Session, SessionHandle, SessionInfo } from './sessions/session.ts';
export type { WorkspaceAccessInfo } from './workspaces/access-points/workspace-access.ts';
export { WrongWorkspaceRootError } from './workspaces/root/wrong-workspace-root-error.ts';
export type { CleanupBounds, SweepResult } from './sessions/sweep/sweep.ts';

/** A session manager on the table and the workspaces that the environment names; docs/reference.md lists the variables. */
export function createSessionManager(env: NodeJS.ProcessEnv = process.env): SessionManagerV2 {
  return new SessionManagerV2(optionsFrom(env, { mcp: mcpServices, accessPoints: efsAccessPoints }));
}

/**
 * The options of a `SessionManagerV2` that connects to MCP servers, and `close`, which closes the connections. AWS KMS is
 * called with the region and the credentials of `env`.
 */
export function mcpParts(
  options: McpOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): ReturnType<typeof mcpPartsOf> {
  return mcpPartsOf(options, env);
}
