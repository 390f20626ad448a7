import { SessionNotFoundError } from '../errors.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { promptText, type StoredPrompt } from './stored-prompt.ts';
import { promptKey } from '../table/keys.ts';
import { promptUpdated, putPrompt } from './system-prompt-writes.ts';

/** A session's system prompt: an item of its own, since prompts are large and touches are billed by size. */
export class SystemPromptStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Empty if the session has none. */
  async get(sessionId: string): Promise<string> {
    const item = await this.table.get<{ systemPrompt: StoredPrompt }>(promptKey(sessionId));
    return promptText(item?.systemPrompt ?? '');
  }

  /** Only while the session is active: a prompt never outlives its session. */
  async put(sessionId: string, systemPrompt: string): Promise<void> {
    const refusal = await this.table.transact({
      session: promptUpdated(sessionId),
      prompt: putPrompt(sessionId, systemPrompt),
    });
    if (refusal) throw new SessionNotFoundError();
  }
}
