import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, type RemoteJWKSet } from 'jose';

/** API Gateway keeps keys for two hours. */
const KEPT_MS = 2 * 60 * 60 * 1000;
/** Between two requests for keys that are not known: anybody can make up a key's id. */
const COOLDOWN_MS = 30_000;
const FETCH_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

export class IssuerFailed extends Error {
  override readonly name = 'IssuerFailed';
}

export interface KeyTimes {
  cooldownMs?: number;
  fetchMs?: number;
}

/** The public keys of a token issuer, found as OpenID Connect Discovery says, with the first token that needs one. */
export class IssuerKeys {
  private readonly issuer: string;
  private readonly times: Required<KeyTimes>;
  private found: Promise<RemoteJWKSet> | undefined;

  constructor(issuer: string, { cooldownMs = COOLDOWN_MS, fetchMs = FETCH_MS }: KeyTimes = {}) {
    this.issuer = issuer;
    this.times = { cooldownMs, fetchMs };
  }

  /** Throws an `IssuerFailed` where it is the issuer that does not answer as it should. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    try {
      return await (
        await this.keySet()
      )(header, token);
    } catch (thrown) {
      const isOfToken = thrown instanceof errors.JWKSNoMatchingKey || thrown instanceof errors.JWKSMultipleMatchingKeys;
      throw isOfToken ? thrown : new IssuerFailed(reasonOf(thrown), { cause: thrown });
    }
  };

  /** Those who ask at the same time wait for one request. A failure is not kept. */
  private async keySet(): Promise<RemoteJWKSet> {
    this.found ??= this.discover();
    try {
      return await this.found;
    } catch (thrown) {
      this.found = undefined;
      throw thrown;
    }
  }

  private async discover(): Promise<RemoteJWKSet> {
    const url = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await boundedFetch(url, { signal: AbortSignal.timeout(this.times.fetchMs) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const { jwks_uri: address } = ((await response.json()) ?? {}) as { jwks_uri?: unknown };
    if (typeof address !== 'string' || !/^https?:/.test(address) || !URL.canParse(address)) {
      throw new Error(`${url} names no jwks_uri`);
    }
    return createRemoteJWKSet(new URL(address), {
      timeoutDuration: this.times.fetchMs,
      cooldownDuration: this.times.cooldownMs,
      cacheMaxAge: KEPT_MS,
      [customFetch]: boundedFetch,
    });
  }
}

/** All of the answer, which is small at an issuer that works. */
async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...options, redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > MAX_BYTES) throw new Error(`${url} answers more than ${MAX_BYTES} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return new Response(Buffer.concat(chunks), { status: response.status });
}

function reasonOf(thrown: unknown): string {
  const { message, cause } = thrown as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
