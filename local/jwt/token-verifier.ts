import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { HttpResult } from '../../lib/api/http-answer/http-result.ts';
import { gatewayClaims } from './gateway-claims.ts';
import { IssuerFailed, IssuerKeys, type KeyTimes } from './issuer-keys.ts';

/** API Gateway verifies no others. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512'];

/** Whose tokens are accepted, and for whom they must be made. */
export interface TokenRules {
  issuer: string;
  audiences: readonly string[];
}

/** The gateway's own answer to a request without a token, or with a bad one. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly answer: HttpResult;

  constructor(reason?: string) {
    super(reason ?? 'There is no token.');
    const error = reason === undefined ? '' : ` error="invalid_token" error_description="${quotable(reason)}"`;
    this.answer = {
      statusCode: 401,
      headers: { 'www-authenticate': `Bearer${error}`, 'content-type': 'application/json' },
      body: '{"message":"Unauthorized"}',
    };
  }
}

/** Verifies tokens as the JWT authorizer of HTTP APIs does. */
export class TokenVerifier {
  private readonly rules: TokenRules;
  private readonly keys: IssuerKeys;

  constructor(rules: TokenRules, times?: KeyTimes) {
    this.rules = rules;
    this.keys = new IssuerKeys(rules.issuer, times);
  }

  /** The claims of the token in an `Authorization` header, with `Bearer ` before it or not. Throws a `TokenRefused`. */
  async claimsOf(authorization: string | undefined): Promise<Record<string, string>> {
    const token = authorization?.replace(/^bearer( +|$)/i, '').trim();
    if (!token) throw new TokenRefused();
    try {
      const { payload } = await jwtVerify(token, (header, jws) => this.keyFor(header, jws), {
        issuer: this.rules.issuer,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
      });
      this.checkAudience(payload);
      checkIssuedAt(payload);
      return gatewayClaims(payload);
    } catch (thrown) {
      throw thrown instanceof TokenRefused ? thrown : new TokenRefused(this.reasonOf(thrown));
    }
  }

  private keyFor(...[header, jws]: Parameters<IssuerKeys['keyFor']>): ReturnType<IssuerKeys['keyFor']> {
    if (header?.kid === undefined) throw new TokenRefused('the token names no key (kid)');
    return this.keys.keyFor(header, jws);
  }

  /** `client_id` counts where there is no `aud`, as in access tokens of Amazon Cognito. */
  private checkAudience({ aud, client_id: clientId }: JWTPayload): void {
    const named = aud === undefined ? [clientId] : [aud].flat();
    if (!named.some((one) => this.rules.audiences.some((audience) => audience === one))) {
      throw new TokenRefused('invalid audience');
    }
  }

  private reasonOf(thrown: unknown): string {
    if (thrown instanceof IssuerFailed) {
      console.error(`The keys of ${this.rules.issuer} cannot be fetched: ${thrown.message}.`);
      return 'OIDC discovery endpoint communication error';
    }
    if (thrown instanceof errors.JWTExpired) return 'the token has expired';
    return thrown instanceof errors.JOSEError ? thrown.message : 'the token cannot be read';
  }
}

function checkIssuedAt({ iat }: JWTPayload): void {
  if (iat !== undefined && iat > Date.now() / 1000) throw new TokenRefused('the token is issued in the future (iat)');
}

const quotable = (text: string) => text.replaceAll('"', "'").replaceAll(/[^\x20-\x7e]|\\/g, '?');
