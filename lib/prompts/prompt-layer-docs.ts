import * as z from 'zod/mini';
import { SCOPES } from '../identity.ts';
import { EXAMPLE, named, nothing, time, type DocsOf } from '../operations/operation-doc.ts';
import type { promptLayerOperations } from './prompt-layer-operations.ts';

const tag = 'prompts';
const role = 'admin';
const layer = { scope: 'org', promptId: 'tone' } as const;

const promptLayerAnswer = named(
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
const promptLayersAnswer = z.strictObject({ prompts: z.array(promptLayerAnswer) });
const promptPreviewAnswer = z.strictObject({
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

export const promptLayerDocs = {
  putPrompt: {
    tag,
    role,
    summary: 'Write a prompt layer',
    description:
      'To replace one, send the `version` that was read; without it there must be none. `content` is taken as it is, ' +
      'a `template` is Mustache: one of the two.',
    output: promptLayerAnswer,
    errors: ['FORBIDDEN', 'PROMPT_CONFLICT'],
    examples: {
      template: {
        summary: 'For everybody of the organisation',
        input: {
          scope: 'org',
          promptId: 'greeting',
          name: 'Greeting',
          template: 'You help {{userId}}, who likes it {{tone}}.',
          variables: { tone: 'short' },
          priority: 10,
        },
      },
      user: {
        summary: 'For one user of it',
        input: { scope: 'user', promptId: 'greeting', userId: EXAMPLE.userId, content: 'Answer in French.' },
      },
    },
  },
  getPrompt: {
    tag,
    role,
    summary: 'A prompt layer',
    output: promptLayerAnswer,
    errors: ['FORBIDDEN', 'PROMPT_NOT_FOUND'],
    examples: { plain: { summary: 'By its id', input: layer } },
  },
  deletePrompt: {
    tag,
    role,
    summary: 'Delete a prompt layer',
    description: 'With a `version`, only if it still is that one.',
    output: nothing,
    errors: ['FORBIDDEN', 'PROMPT_NOT_FOUND', 'PROMPT_CONFLICT'],
    examples: { plain: { summary: 'Whatever it is now', input: layer } },
  },
  listPrompts: {
    tag,
    role,
    summary: 'The prompt layers of a scope, by id',
    output: promptLayersAnswer,
    errors: ['FORBIDDEN'],
    examples: {
      org: { summary: 'Of the organisation', input: { scope: 'org' } },
      user: { summary: 'Of one user', input: { scope: 'user', userId: EXAMPLE.userId } },
    },
  },
  previewPrompt: {
    tag,
    role,
    summary: 'What a new session would begin with',
    output: promptPreviewAnswer,
    errors: ['FORBIDDEN'],
    examples: {
      user: {
        summary: 'For one user',
        input: { userId: EXAMPLE.userId, promptVariables: { tone: 'friendly' } },
      },
    },
  },
} as const satisfies DocsOf<typeof promptLayerOperations>;
