import { afterEach, beforeEach } from '@jest/globals';
import type { ClientCredentials } from '../../../lib/mcp-clients/credentials/mcp-credentials.ts';
import { closingAfterEach } from '../../setup/closing.ts';
import { guardedFetch, type GuardedFetch } from '../../../lib/mcp-clients/transports/guarded-fetch.ts';
import { SdkConnector } from '../../../lib/mcp-clients/transports/sdk-connector.ts';
import type { McpConnection } from '../../../lib/mcp-clients/mcp-connector.ts';

/** What RFC 6749 wants encoded, and what would separate id and secret. */
export const CLIENT = { clientId: 'agent:of-alice', clientSecret: 'a+b%2Fc:d e' };

/** For each test an instance that knows no token yet, and what closes the rest. */
export function oauthStage() {
  const closing = closingAfterEach();
  let fetch: GuardedFetch;
  let connector: SdkConnector;
  const newInstance = () => (connector = new SdkConnector({ fetch, stdioCommands: [], searchPath: undefined }));
  beforeEach(() => {
    fetch = guardedFetch({ loopback: true, maxBytes: 1024 * 1024 });
    newInstance();
  });
  afterEach(() => fetch.destroy());

  const connect = async (
    endpoint: string,
    more: Partial<ClientCredentials>,
    type: 'http' | 'sse' = 'http',
  ): Promise<McpConnection> =>
    closing(
      await connector.connect({
        address: { type, endpoint },
        credentials: { auth: { type: 'oauth-client-credentials', ...CLIENT, ...more } },
        credentialsId: 'of-alice',
        workspacePath: '',
        timeoutMs: 3_000,
      }),
    );
  return { closing, connect, newInstance };
}
