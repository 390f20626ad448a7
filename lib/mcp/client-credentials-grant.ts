import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { McpAuth } from './mcp-credentials.ts';

type Grant = Extract<McpAuth, { type: 'oauth-client-credentials' }>;

/** OAuth 2.1 client credentials of one MCP client, and the access token that they got, in this process only. */
export class ClientCredentialsGrant implements OAuthClientProvider {
  readonly redirectUrl = undefined;
  readonly clientMetadata: OAuthClientProvider['clientMetadata'];
  private client: OAuthClientInformationMixed;
  private token: OAuthTokens | undefined;

  constructor({ clientId, clientSecret, scope, issuer }: Grant) {
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
