import { credentialsIdOf, type CredentialVault } from './credentials/credential-vault.ts';
import { splitEndpoint } from './credentials/endpoint-query.ts';
import type { SecretOwner } from './credentials/secret-box.ts';
import type { McpClientItem } from './mcp-client-store.ts';
import type { McpTarget } from './mcp-connector.ts';

type Sealed = Pick<McpClientItem, 'address' | 'credentials' | 'endpointQuery'>;
type Opened = Pick<McpTarget, 'address' | 'credentials' | 'credentialsId'>;

/** Where a client's server is, and its secrets, opened for that client and no other. */
export async function openTarget(
  vault: CredentialVault,
  owner: SecretOwner,
  { address, credentials, endpointQuery }: Sealed,
): Promise<Opened> {
  const credentialsId = credentialsIdOf(credentials, owner);
  const { auth, headers } = await vault.open(credentials, owner);
  if (address.type === 'stdio') {
    return { address, credentialsId, credentials: { auth, headers, args: address.args } };
  }
  // An item of an earlier release has the query where it was written.
  const { endpoint, query: inClear } = splitEndpoint(address.endpoint);
  const { query = inClear } = await vault.open(endpointQuery, owner);
  return {
    address: { ...address, endpoint: `${endpoint}${query}` },
    credentialsId,
    credentials: { auth, headers, query },
  };
}
