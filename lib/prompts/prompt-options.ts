import { lazily } from '../schemas.ts';
import * as z from 'zod/mini';
import { problemOfPrompt } from './compose-prompt.ts';

export const systemPromptSchema = lazily(() =>
  z.string().check(
    z.superRefine((systemPrompt, context) => {
      const problem = problemOfPrompt(systemPrompt);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
  ),
);

export const MAX_VARIABLES_BYTES = 16 * 1024;
