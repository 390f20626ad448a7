import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { McpConnectionError } from '../../errors.ts';
import type { McpAuth } from './mcp-credentials.ts';

type Grant = Extract<McpAuth, { type: 'oauth-client-credentials' }>;

const MAX_SECRETS = 4;

/** OAuth 2.1 client credentials of one MCP client, and the access token that they got, in this process only. */
export class ClientCredentialsGrant implements OAuthClientProvider {
  readonly redirectUrl = undefined;
  readonly clientMetadata: OAuthClientProvider['clientMetadata'];
  private client: OAuthClientInformationMixed;
  private readonly issuer: string | undefined;
  private token: OAuthTokens | undefined;
  /** The last ones too, of which a server may still speak. */
  private secrets: string[] = [];

  constructor({ clientId, clientSecret, scope, issuer }: Grant) {
    this.issuer = issuer;
    this.clientMetadata = {
      redirect_uris: [],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
      ...(scope !== undefined && { scope }),
    };
    this.client = { client_id: clientId, client_secret: clientSecret, ...(issuer !== undefined && { issuer }) };
  }

  clientInformation(): OAuthClientInformationMixed {
    return this.client;
  }

  /** The SDK binds the secret to the authorization server that it was first shown to. */
  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.client = client;
  }

  tokens(): OAuthTokens | undefined {
    return this.token;
  }

  saveTokens(token: OAuthTokens): void {
    this.token = token;
    const { access_token, refresh_token } = token;
    this.secrets = [...this.secrets, access_token, refresh_token ?? ''].filter(Boolean).slice(-MAX_SECRETS);
  }

  /** The tokens, which must stay secret. */
  tokensKnown(): readonly string[] {
    return this.secrets;
  }

  /** The SDK calls this with the authorization server that it found, before it sends anything to it. */
  saveDiscoveryState({ authorizationServerUrl }: OAuthDiscoveryState): void {
    if (this.issuer === undefined || withoutSlash(this.issuer) === withoutSlash(authorizationServerUrl)) return;
    throw new McpConnectionError('names an authorization server that is not the issuer of these credentials');
  }

  prepareTokenRequest(scope?: string): URLSearchParams {
    return new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) });
  }

  redirectToAuthorization(): never {
    throw new Error('this grant has no user to send anywhere');
  }

  saveCodeVerifier(): void {
    // Only grants with a user have one.
  }

  codeVerifier(): never {
    throw new Error('this grant has no code verifier');
  }
}

const withoutSlash = (url: string) => new URL(url).href.replace(/\/$/, '');
