import { types } from 'node:util';
import { McpConnectionError, McpEndpointForbiddenError } from '../../errors.ts';
import { isScope, secretsIn, type ClientCredentials } from '../credentials/mcp-credentials.ts';
import { redactor } from '../credentials/redact.ts';
import type { AccessTokens } from './authorizing-fetch.ts';
import type { BearerChallenge } from './bearer-challenge.ts';
import type { Fetch } from './guarded-fetch.ts';
import { discoverTokenSource, type TokenSource } from './oauth-discovery.ts';
import { withinOrigin } from './oauth-fetch.ts';
import { requestToken } from './oauth-token.ts';

/** Of the last tokens, of which a server may still speak. */
const MAX_SECRETS = 4;
/** A token is replaced this long before it ends (ms), or after nine tenths of a short life. */
const AHEAD_MS = 30_000;
const AHEAD_PART = 0.1;
/** For all requests that lead to one token (ms). */
const RENEWAL_MS = 20_000;
/** Of all scopes that a server may ask for. */
const MAX_SCOPE_CHARACTERS = 1024;

/** OAuth 2.1 client credentials of one MCP client, and the access token that they got, in this process only. */
export class ClientCredentialsGrant {
  private readonly auth: ClientCredentials;
  private readonly now: () => number;
  private token: { value: string; renewAt: number } | undefined;
  private source: TokenSource | undefined;
  private scope: string | undefined;
  /** A request for a token that is under way: all who need one wait for it. */
  private pending: Promise<string> | undefined;
  private secrets: string[] = [];

  constructor(auth: ClientCredentials, now: () => number = Date.now) {
    this.auth = auth;
    this.now = now;
    this.scope = auth.scope;
  }

  /** The tokens, which must stay secret. */
  tokensKnown(): readonly string[] {
    return this.secrets;
  }

  /** The tokens for an endpoint; `fetch` sends what it takes to get them. */
  tokensFor(endpoint: string, fetch: Fetch): AccessTokens {
    const obtain = (challenge?: BearerChallenge) => this.obtain(new URL(endpoint), fetch, challenge);
    return {
      current: async () => {
        const known = this.token?.value;
        if (known === undefined || !this.isEnding()) return known;
        // If the server refuses the old token too, the failure of its renewal is reported then.
        return obtain().catch(() => known);
      },
      renewed: async (refused, challenge) => {
        const known = this.token?.value;
        return known !== undefined && known !== refused ? known : obtain(challenge);
      },
      raised: async (refused, { scope, ...challenge }) => this.raised(refused, scope, () => obtain(challenge)),
    };
  }

  private isEnding(): boolean {
    return this.token !== undefined && this.now() >= this.token.renewAt;
  }

  /** What the caller has configured is the most that is requested; without it, what the server wants is added. */
  private async raised(refused: string | undefined, wanted = '', obtain: () => Promise<string>) {
    await this.pending?.catch(() => undefined);
    const before = this.scope;
    const wider = [...new Set(`${before ?? ''} ${wanted}`.split(' '))].filter(Boolean).join(' ');
    if (this.auth.scope !== undefined || !isScope(wider) || wider.length > MAX_SCOPE_CHARACTERS) return undefined;
    if (this.token !== undefined && this.token.value !== refused) return this.token.value;
    if (wider === before) return undefined;
    this.scope = wider;
    return obtain().catch((thrown: unknown) => {
      this.scope = before;
      throw thrown;
    });
  }

  private obtain(endpoint: URL, fetch: Fetch, challenge?: BearerChallenge): Promise<string> {
    this.pending ??= this.requested(endpoint, fetch, challenge).finally(() => (this.pending = undefined));
    return this.pending;
  }

  /** No caller's signal ends it, since others may wait for it too. */
  private async requested(endpoint: URL, send: Fetch, challenge: BearerChallenge | undefined): Promise<string> {
    const signal = AbortSignal.timeout(RENEWAL_MS);
    const { auth, scope } = this;
    const fetch = withinOrigin((url, init) => send(url, { ...init, signal }));
    const redact = redactor([...secretsIn({ auth }), ...this.secrets]);
    try {
      if (challenge || !this.source) {
        const discovery = { endpoint, issuer: auth.issuer, fetch, redact };
        this.source = await discoverTokenSource(discovery, challenge ?? {});
      }
      const askedAt = this.now();
      const { value, lifetimeMs } = await requestToken({ auth, source: this.source, scope, fetch, redact });
      this.secrets = [...this.secrets, value].slice(-MAX_SECRETS);
      this.token = { value, renewAt: askedAt + usableMs(lifetimeMs) };
      return value;
    } catch (thrown) {
      throw signal.aborted ? failed('its authorization server did not answer in time') : inOurWords(thrown);
    }
  }
}

function usableMs(lifetimeMs = Infinity): number {
  return lifetimeMs - Math.min(AHEAD_MS, lifetimeMs === Infinity ? 0 : lifetimeMs * AHEAD_PART);
}

const failed = (problem: string, cause?: unknown) =>
  new McpConnectionError(`cannot be signed in to: ${problem}`, cause);

/** Errors of libraries contain what servers answered, which may be a token or a secret: their codes do not. */
function inOurWords(thrown: unknown): Error {
  if (thrown instanceof McpEndpointForbiddenError || thrown instanceof McpConnectionError) return thrown;
  const { code, name } = types.isNativeError(thrown) ? (thrown as Error & { code?: unknown }) : { code: '', name: '' };
  const cause = new Error(typeof code === 'string' && code.startsWith('OAUTH_') ? code : name);
  return failed('its authorization server did not speak the protocol', cause);
}
