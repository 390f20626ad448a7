import type { McpFarewells } from './mcp-farewells.ts';
import type { StreamChange } from './store/stream-change.ts';

/** What follows from a change of the table, wherever it was made: also when whoever made it crashed right after. */
export class SessionEvents {
  private readonly farewells: McpFarewells;

  constructor(farewells: McpFarewells) {
    this.farewells = farewells;
  }

  async handle(change: StreamChange): Promise<void> {
    if (change.type === 'mcp-client-removed') await this.farewells.say(change.sessionId, change.client);
    else await this.farewells.sayAgain(change.farewell);
  }
}
