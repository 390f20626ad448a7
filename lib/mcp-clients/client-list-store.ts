import type { DynamoTable } from '../table/dynamo-table.ts';
import { mcpClientKey, pathOf, sessionKey, type Key } from '../table/keys.ts';
import type { Write } from '../table/write.ts';
import { MAX_MCP_CLIENTS } from '../configuration.ts';
import { addMcpClientId, removeMcpClientId } from './mcp-client-writes.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';

/** An MCP client of a session, by which of the two it is known. */
export interface ClientPlace {
  sessionId: string;
  clientId: string;
}

const IS_STORED = 'attribute_exists(pk)';
const IS_NOT_STORED = 'attribute_not_exists(pk)';

/** Compares the ids of MCP clients on sessions with the clients that are stored, and fits the ids to the clients. */
export class ClientListStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Those that are on the session or an item, and not both; or they have changed since. */
  async inconsistentCandidates(places: ClientPlace[]): Promise<ClientPlace[]> {
    const sessionKeys = [...new Set(places.map(({ sessionId }) => sessionId))].map(sessionKey);
    const found = await this.table.getAll<Key & SessionItem>([...sessionKeys, ...places.map(clientKeyOf)]);
    const stored = new Map(found.map((item) => [pathOf(item), item]));
    return places.filter((place) =>
      isUnfit(place, stored.get(pathOf(sessionKey(place.sessionId))), stored.get(pathOf(clientKeyOf(place)))),
    );
  }

  /** As one moment has it. A session that is ending ends with both. */
  async isInconsistent(place: ClientPlace): Promise<boolean> {
    const [session, client] = await this.table.snapshot<Key & SessionItem>([
      sessionKey(place.sessionId),
      clientKeyOf(place),
    ]);
    return isUnfit(place, session, client);
  }

  /** If it still does not fit: forgets the id of a client that is not stored, or lists one that is, whatever the configured limit. */
  async correct({ sessionId, clientId }: ClientPlace): Promise<boolean> {
    const client = (condition: string): Write => ({
      ConditionCheck: { Key: mcpClientKey(sessionId, clientId), ConditionExpression: condition },
    });
    const session = removeMcpClientId(sessionId, clientId);
    const refusal = await this.table.transact({ client: client(IS_NOT_STORED), session });
    if (!refusal?.failed('client')) return refusal === undefined;
    const listing = addMcpClientId(sessionId, clientId, MAX_MCP_CLIENTS);
    return (await this.table.transact({ client: client(IS_STORED), session: listing })) === undefined;
  }
}

const isUnfit = ({ clientId }: ClientPlace, session: SessionItem | undefined, client: object | undefined): boolean =>
  isActive(session) && (session.mcpClientIds?.has(clientId) ?? false) !== (client !== undefined);

const clientKeyOf = ({ sessionId, clientId }: ClientPlace): Key => mcpClientKey(sessionId, clientId);
