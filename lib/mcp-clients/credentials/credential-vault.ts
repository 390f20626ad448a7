import { LRUCache } from 'lru-cache';
import { v7 as uuidv7 } from 'uuid';
import type { SecretBox, SecretOwner } from './secret-box.ts';
import type { SealedCredentials } from '../mcp-client-store.ts';
import { hasCredentials, type McpSecrets } from './mcp-credentials.ts';

const MAX_OPEN = 500;
const OPEN_MS = 5 * 60 * 1000;

/** The key of caches for a client's credentials. Another client has another key, whatever the table contains. */
export const credentialsIdOf = (sealed: SealedCredentials | undefined, { sessionId, clientId }: SecretOwner): string =>
  JSON.stringify([sessionId, clientId, sealed?.id]);

/**
 * Seals the credentials of MCP clients before they reach the table, and opens them for the client that they belong to.
 * An instance caches what it opened for a few minutes, under owner and id, so an entry serves that client only.
 */
export class CredentialVault {
  private readonly box: SecretBox;
  private readonly opened = new LRUCache<string, McpSecrets>({ max: MAX_OPEN, ttl: OPEN_MS });

  constructor(box: SecretBox) {
    this.box = box;
  }

  /** Nothing for a client without credentials: it needs no key. */
  async seal(credentials: McpSecrets, owner: SecretOwner): Promise<SealedCredentials | undefined> {
    if (!hasCredentials(credentials) && !credentials.query) return undefined;
    return { id: uuidv7(), sealed: await this.box.seal(JSON.stringify(credentials), owner) };
  }

  async open(sealed: SealedCredentials | undefined, owner: SecretOwner): Promise<McpSecrets> {
    if (sealed === undefined) return {};
    const name = credentialsIdOf(sealed, owner);
    const known = this.opened.get(name);
    if (known) return known;
    const credentials = JSON.parse(await this.box.open(sealed.sealed, owner)) as McpSecrets;
    this.opened.set(name, credentials);
    return credentials;
  }
}
