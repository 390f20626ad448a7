import { mcpServices } from './mcp-services.ts';
import { createServices } from './services.ts';
import type { SessionManagerV2 } from './session-manager.ts';
import { efsAccessPoints } from './workspace/efs-access-points.ts';

export type { AuditEvent, AuditLogger } from './audit/audit-event.ts';
export { auditEventJsonSchema, auditEventSchemas } from './audit/audit-event-schemas.ts';
export * from './errors.ts';
export * from './file-errors.ts';
export type { Caller, Identity } from './identity.ts';
export type { LimitInfo, LimitInput, LimitRef } from './limit-settings.ts';
export type { Usage, UsageReport } from './limits.ts';
export type { McpClient, McpClientInfo } from './mcp-client.ts';
export type { McpClientConfig } from './mcp/mcp-client-config.ts';
export type { McpTool, McpToolResult } from './mcp/mcp-connector.ts';
export type { PreviewRequest, PromptPreview, PromptRef, ScopeRef } from './prompt-layers.ts';
export type { ComposedPrompt, PromptComposer, PromptRequest } from './prompt/prompt-composer.ts';
export type { PromptLayer, PromptLayerInput, PromptScope } from './prompt/prompt-layer.ts';
export { SessionManagerV2, type SessionPage } from './session-manager.ts';
export type { SessionFiles } from './session-files.ts';
export type { CreateSessionOptions } from './session-options.ts';
export type { Session, SessionHandle, SessionInfo } from './session.ts';
export type { WorkspaceAccessInfo } from './workspace-access.ts';
export type { CleanupBounds, SweepResult } from './sweep.ts';

/** A session manager on the table and the workspaces that the environment names; docs/reference.md lists the variables. */
export function createSessionManager(env: NodeJS.ProcessEnv = process.env): SessionManagerV2 {
  return createServices(env, { mcp: mcpServices, accessPoints: efsAccessPoints }).manager;
}
