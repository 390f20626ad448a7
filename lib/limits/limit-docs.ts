import * as z from 'zod/mini';
import { count, EXAMPLE, named, nothing, type DocsOf } from '../operations/operation-doc.ts';
import type { limitOperations } from './limit-operations.ts';

const tag = 'limits';
const role = 'operator';
const { orgId, userId } = EXAMPLE;

const limitAnswer = named(
  'Limit',
  z.strictObject({
    limit: z.nullable(count),
    active: count,
    items: z.int().check(z.minimum(1)),
    isDefault: z.boolean(),
  }),
);

export const limitDocs = {
  getLimit: {
    tag,
    role,
    summary: 'A limit, and how many seats under it are taken',
    output: limitAnswer,
    errors: ['FORBIDDEN'],
    examples: {
      global: { summary: 'Of all sessions together', input: { scope: 'global' } },
      user: { summary: 'Of a user in an organisation', input: { scope: 'user', orgId, userId } },
    },
  },
  putLimit: {
    tag,
    role,
    summary: 'Set a limit',
    description:
      'In force at once. Below what is active it ends no session, and admits none until enough have ended. `null` is ' +
      'no limit, 0 admits nobody. `items` is for limits under which hundreds of sessions begin in a second.',
    output: limitAnswer,
    errors: ['FORBIDDEN'],
    examples: {
      org: { summary: 'Of an organisation', input: { scope: 'org', orgId, limit: 500 } },
      busy: {
        summary: 'Spread over several items of the table',
        input: { scope: 'org', orgId, limit: 5000, items: 4 },
      },
      none: { summary: 'Without end', input: { scope: 'user', orgId, userId, limit: null } },
    },
  },
  deleteLimit: {
    tag,
    role,
    summary: 'Let the configured limit hold again',
    output: nothing,
    errors: ['FORBIDDEN'],
    examples: { org: { summary: 'Of an organisation', input: { scope: 'org', orgId } } },
  },
} as const satisfies DocsOf<typeof limitOperations>;
