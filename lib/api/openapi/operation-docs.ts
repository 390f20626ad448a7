import { agentTokenDocs } from '../../agent-tokens/agent-token-docs.ts';
import { limitDocs } from '../../limits/limit-docs.ts';
import { mcpClientDocs } from '../../mcp-clients/mcp-client-docs.ts';
import type { DocsOf } from '../../operations/operation-doc.ts';
import { promptLayerDocs } from '../../prompts/prompt-layer-docs.ts';
import { systemPromptDocs } from '../../prompts/system-prompt-docs.ts';
import { reconcileDocs } from '../../reconcile/reconcile-docs.ts';
import { sessionDocs } from '../../sessions/session-docs.ts';
import { accessDocs } from '../../workspaces/access-points/access-docs.ts';
import { directoryDocs } from '../../workspaces/directory-docs.ts';
import { fileDocs } from '../../workspaces/file-docs.ts';
import { moveDocs } from '../../workspaces/moves/move-docs.ts';
import type { operations } from '../operations.ts';
import { serviceDocs } from '../service-docs.ts';

/** Joins the `*-docs.ts` of all modules. */
export const operationDocs: DocsOf<typeof operations> = {
  ...sessionDocs,
  ...agentTokenDocs,
  ...reconcileDocs,
  ...systemPromptDocs,
  ...mcpClientDocs,
  ...accessDocs,
  ...fileDocs,
  ...moveDocs,
  ...directoryDocs,
  ...promptLayerDocs,
  ...limitDocs,
  ...serviceDocs,
};
