import { bearerChallenge, type BearerChallenge } from './bearer-challenge.ts';
import type { Fetch } from './guarded-fetch.ts';

/** The access tokens of one MCP client for its server. */
export interface AccessTokens {
  /** Nothing as long as there is none: the server is asked first, since it says where tokens come from. */
  current(): Promise<string | undefined>;
  /** Another one than `refused`. */
  renewed(refused: string | undefined, challenge: BearerChallenge): Promise<string>;
  /** One with the scope that the server wants, or nothing if no such token may be had. */
  raised(refused: string | undefined, challenge: BearerChallenge): Promise<string | undefined>;
}

/**
 * Adds the access token to requests to `origin`, whatever their method. A 401, and a 403 that names a scope, mean that the
 * server has not carried out the request: it is sent again, once for each, with another token.
 */
export function authorizingFetch(send: Fetch, origin: string, tokens: AccessTokens): Fetch {
  return async (url, init) => {
    if (new URL(url).origin !== origin) return send(url, init);
    let token = await tokens.current();
    const again = async (answer: Response, next: (challenge: BearerChallenge) => Promise<string | undefined>) => {
      const other = await next(bearerChallenge(answer.headers)).catch(async (thrown: unknown) => {
        await answer.body?.cancel();
        throw thrown;
      });
      if (other === undefined) return answer;
      await answer.body?.cancel();
      token = other;
      return send(url, withToken(init, token));
    };

    let answer = await send(url, withToken(init, token));
    if (refuses(answer, 401)) answer = await again(answer, (challenge) => tokens.renewed(token, challenge));
    if (refuses(answer, 403) && wantsScope(answer)) {
      answer = await again(answer, (challenge) => tokens.raised(token, challenge));
    }
    return answer;

    /** A redirect may have led to another origin, which was sent no token and is to get none. */
    function refuses({ status, url: answeredAt }: Response, expected: number): boolean {
      return status === expected && (answeredAt === '' || new URL(answeredAt).origin === origin);
    }
  };
}

function wantsScope({ headers }: Response): boolean {
  const { error, scope } = bearerChallenge(headers);
  return error === 'insufficient_scope' && scope !== undefined;
}

function withToken(init: RequestInit = {}, token: string | undefined): RequestInit {
  if (token === undefined) return init;
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}
