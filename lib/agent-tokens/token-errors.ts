import { CodedError } from '../errors.ts';

/** The session has no such token: it never had it, it was revoked, or it has expired. */
export class TokenNotFoundError extends CodedError<'TOKEN_NOT_FOUND', Record<never, never>> {
  constructor() {
    super('TOKEN_NOT_FOUND', 'The session has no such token.', {});
  }
}

export class TokenLimitError extends CodedError<'TOKEN_LIMIT', { limit: number }> {
  constructor(limit: number) {
    super('TOKEN_LIMIT', `A session can have at most ${limit} tokens: revoke one that is not used any more.`, {
      limit,
    });
  }
}
