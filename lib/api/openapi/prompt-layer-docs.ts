import { nothing, promptLayerAnswer, promptLayersAnswer, promptPreviewAnswer } from './answers.ts';
import { EXAMPLE } from './operation-doc.ts';

const tag = 'prompts' as const;
const role = 'admin' as const;
const layer = { scope: 'org', promptId: 'tone' } as const;

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
} as const;
