import { jsonFits, lazily } from '../schemas.ts';
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

const MAX_VARIABLES_BYTES = 16 * 1024;

export const promptVariablesSchema = lazily(() =>
  z
    .record(z.string(), z.json())
    .check(z.refine(jsonFits(MAX_VARIABLES_BYTES), `must have at most ${MAX_VARIABLES_BYTES} bytes as JSON`)),
);
