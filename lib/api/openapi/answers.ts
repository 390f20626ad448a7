import { DRIFT_KINDS, type DriftKind } from '../../telemetry/audit/drift.ts';
import * as z from 'zod/mini';
import { SCOPES } from '../../identity.ts';

/** The schemas that have a name of their own in the description of the API. */
export const named = z.registry<{ id: string }>();

const name = <T extends z.ZodMiniType>(id: string, schema: T): T => {
  named.add(schema, { id });
  return schema;
};

const time = z.iso.datetime();
const count = z.int().check(z.minimum(0));
const etag = z.string().check(z.regex(/^".+"$/));

export const nothing = z.null();

export const sessionAnswer = name(
  'Session',
  z.strictObject({
    id: z.uuid(),
    userId: z.string(),
    orgId: z.string(),
    workspacePath: z.string(),
    status: z.literal('active'),
    mcpClientIds: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
    createdAt: time,
    lastActiveAt: time,
    expiresAt: time,
  }),
);

export const sessionPageAnswer = z.strictObject({
  sessions: z.array(sessionAnswer),
  nextCursor: z.optional(z.string()),
});

const usage = name('Usage', z.strictObject({ active: count, limit: z.nullable(count) }));
export const usageAnswer = z.strictObject({ user: z.optional(usage), org: z.optional(usage), all: z.optional(usage) });

export const limitAnswer = name(
  'Limit',
  z.strictObject({
    limit: z.nullable(count),
    active: count,
    items: z.int().check(z.minimum(1)),
    isDefault: z.boolean(),
  }),
);

export const countAnswer = z.strictObject({ count });

export const reconcileAnswer = z.strictObject({
  drift: z.strictObject(
    Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, z.int()])) as Record<DriftKind, z.ZodMiniInt>,
  ),
  repaired: z.int(),
  more: z.boolean(),
});

export const cleanupAnswer = z.strictObject({
  cleaned: z.array(z.string()),
  failed: z.array(z.string()),
  more: z.boolean(),
});

export const systemPromptAnswer = z.strictObject({ systemPrompt: z.string() });

export const fileAnswer = z.strictObject({
  content: z.optional(z.base64()),
  size: count,
  etag,
  modifiedAt: time,
  contentRange: z.optional(z.string()),
});
export const writtenAnswer = name('WrittenFile', z.strictObject({ etag, size: count, modifiedAt: time }));
export const receivedAnswer = name('ReceivedPart', z.strictObject({ received: count, total: count }));

const directoryEntry = name(
  'DirectoryEntry',
  z.strictObject({
    name: z.string(),
    type: z.enum(['file', 'directory', 'symlink', 'other']),
    size: count,
    modifiedAt: time,
  }),
);
export const directoryAnswer = z.strictObject({
  entries: z.array(directoryEntry),
  nextCursor: z.optional(z.string()),
});

export const workspaceUsageAnswer = z.strictObject({
  bytes: count,
  files: count,
  measuredAt: time,
  complete: z.boolean(),
});

export const workspaceAccessAnswer = z.strictObject({
  fileSystemId: z.string(),
  accessPointId: z.string(),
  accessPointArn: z.string(),
});

export const mcpClientAnswer = name(
  'McpClient',
  z.strictObject({
    id: z.string(),
    name: z.string(),
    type: z.enum(['http', 'sse', 'stdio']),
    endpoint: z.optional(z.string()),
    command: z.optional(z.string()),
    serverInfo: z.looseObject({ name: z.string(), version: z.string() }),
    protocolVersion: z.string(),
    connectedAt: time,
  }),
);
export const mcpClientsAnswer = z.strictObject({ mcpClients: z.array(mcpClientAnswer) });
/** As its server described it: anything may be in it. */
export const mcpToolsAnswer = z.strictObject({ tools: z.array(z.looseObject({ name: z.string() })) });
export const mcpToolResultAnswer = z.looseObject({});

export const promptLayerAnswer = name(
  'PromptLayer',
  z.strictObject({
    id: z.string(),
    name: z.string(),
    content: z.optional(z.string()),
    template: z.optional(z.string()),
    variables: z.record(z.string(), z.json()),
    priority: z.int(),
    isActive: z.boolean(),
    version: z.int().check(z.minimum(1)),
    createdAt: time,
    updatedAt: time,
  }),
);
export const promptLayersAnswer = z.strictObject({ prompts: z.array(promptLayerAnswer) });
export const promptPreviewAnswer = z.strictObject({
  systemPrompt: z.string(),
  layers: z.array(
    z.strictObject({
      scope: z.enum(SCOPES),
      id: z.string(),
      name: z.string(),
      priority: z.int(),
      version: z.int(),
    }),
  ),
  warnings: z.array(z.string()),
});

export const healthAnswer = z.strictObject({ status: z.literal('ok') });
export const openApiAnswer = z.looseObject({ openapi: z.string() });
