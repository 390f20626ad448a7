import { CodedError } from '../errors.ts';

export class PromptNotFoundError extends CodedError<'PROMPT_NOT_FOUND', { promptId: string }> {
  constructor(promptId: string) {
    super('PROMPT_NOT_FOUND', `The scope has no prompt layer "${promptId}".`, { promptId });
  }
}

/** The layer is not the one that was read. `version`: what it has now; none if it is gone. */
export class PromptConflictError extends CodedError<'PROMPT_CONFLICT', { promptId: string; version?: number }> {
  constructor(promptId: string, version?: number) {
    const now = version === undefined ? 'is gone' : `has version ${version}`;
    super(
      'PROMPT_CONFLICT',
      `The prompt layer "${promptId}" ${now}: read it again, and send the version that you read.`,
      {
        promptId,
        ...(version !== undefined && { version }),
      },
    );
  }
}

/** A create required its system prompt, which could not be composed as requested. `warnings`: why. Nothing was created. */
export class PromptCompositionError extends CodedError<'PROMPT_COMPOSITION', { warnings: readonly string[] }> {
  constructor(warnings: readonly string[]) {
    super(
      'PROMPT_COMPOSITION',
      `The system prompt could not be composed as requested: ${warnings.join('; ')}. Nothing was created.`,
      { warnings },
    );
  }
}
