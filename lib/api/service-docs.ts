import * as z from 'zod/mini';
import type { DocsOf } from '../operations/operation-doc.ts';
import type { serviceOperations } from './service-operations.ts';

const tag = 'service';

const healthAnswer = z.strictObject({ status: z.literal('ok') });
const openApiAnswer = z.looseObject({ openapi: z.string() });

export const serviceDocs = {
  getHealth: {
    tag,
    summary: 'Whether the service answers',
    output: healthAnswer,
    errors: [],
    examples: { plain: { summary: 'By anyone', input: {} } },
  },
  getOpenApi: {
    tag,
    summary: 'This document',
    output: openApiAnswer,
    errors: ['NOT_AVAILABLE'],
    examples: { plain: { summary: 'By anyone', input: {} } },
  },
} as const satisfies DocsOf<typeof serviceOperations>;
