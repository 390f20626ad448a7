import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

export const AUDIENCE = 'agents';

/** A token issuer as others run them: discovery, public keys, and tokens that it signs. */
export class TokenIssuer {
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  /** Instead of the usual answer to a path. */
  readonly answers = new Map<string, (response: ServerResponse) => void>();
  private readonly server: ReturnType<typeof createServer>;
  private readonly keys = new Map<string, { privateKey: CryptoKey; jwk: JWK }>();

  private constructor(server: ReturnType<typeof createServer>) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.serve(request.url ?? '', response),
    );
  }

  static async start(): Promise<TokenIssuer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new TokenIssuer(server);
    await issuer.addKey('first', 'RS256');
    return issuer;
  }

  /** One that is not `published` is used without being among the keys that the issuer has. */
  async addKey(kid: string, alg: string, { published = true } = {}): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    this.keys.set(kid, { privateKey, jwk: published ? { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } : {} });
  }

  /** A good token, but for what is given. */
  async token(claims: JWTPayload = {}, { kid = 'first', alg = 'RS256' } = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.url, aud: AUDIENCE, sub: 'ada', org_id: 'workshop', iat: now - 1, exp: now + 600 };
    const payload = Object.fromEntries(
      Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== undefined),
    );
    const key = this.keys.get(kid)?.privateKey as CryptoKey;
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private serve(path: string, response: ServerResponse): void {
    this.asked.push(path);
    const answer = this.answers.get(path);
    if (answer) return answer(response);
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/keys` },
      '/keys': { keys: [...this.keys.values()].flatMap(({ jwk }) => (jwk.kty ? [jwk] : [])) },
    };
    const document = documents[path];
    response
      .writeHead(document ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(document ?? {}));
  }
}
