import { SessionManagerError } from '../../errors.ts';

/**
 * What answered is not this API, or another version of it. `code` and `details` are as they came, if there was an error with a
 * code.
 */
export class UnexpectedAnswerError extends SessionManagerError {
  override readonly name = 'UnexpectedAnswerError';

  constructor(message: string, code = 'UNEXPECTED_ANSWER', details: Record<string, unknown> = {}) {
    super(code, message, details);
  }
}

/** Says which code it was that this version does not know. */
export const unknownCode = (who: string, code: string, message: unknown): string => {
  const more = typeof message === 'string' && message !== '' ? `: ${message}` : '.';
  return `${who} ${code.slice(0, 100)}, which this version does not know${more}`;
};
