import { readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { createSessionManager } from '../../lib/index.ts';
import type { Session } from '../../lib/sessions/session.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { Key } from '../../lib/table/keys.ts';
import type { AuditEvent } from '../../lib/api/audit-catalogue.ts';
import { violations, type Known } from '../invariants/invariants.ts';
import { documentClient } from '../setup/document-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

export const ADA = { userId: 'ada', orgId: 'acme' };
export const ACME = { scope: 'org', ...ADA } as const;
export const NONE = {
  counter: 0,
  'seat-items': 0,
  'missing-directory': 0,
  'stray-directory': 0,
  'missing-entry': 0,
  'mcp-client': 0,
  'stray-item': 0,
};

/** A stack with a session of ada and one of eve, to be damaged behind the manager's back. */
export class DamagedStack {
  readonly stack: TestStack;
  readonly operator: SessionManager;
  /** Of ada. */
  readonly session: Session;
  /** Of eve. */
  readonly other: Session;

  private constructor(stack: TestStack, session: Session, other: Session) {
    this.stack = stack;
    this.operator = stack.manager.as({ kind: 'operator' });
    this.session = session;
    this.other = other;
  }

  static async make(): Promise<DamagedStack> {
    const stack = await newStack({ MAX_SESSIONS: '20', MAX_MCP_CLIENTS_PER_SESSION: '2' });
    const session = await stack.manager.createSession('ada', 'acme');
    const other = await stack.manager.createSession('eve', 'acme');
    await session.updateSystemPrompt('be brief');
    return new DamagedStack(stack, session, other);
  }

  close(): Promise<void> {
    return this.stack.close();
  }

  get table(): string {
    return this.stack.config.tableName;
  }

  documents() {
    return documentClient(this.stack.client);
  }

  async remove(key: Key): Promise<void> {
    await this.documents().send(new DeleteCommand({ TableName: this.table, Key: key }));
  }

  addTo(key: Key, by: number): Promise<unknown> {
    return addActive(this.stack, key, by);
  }

  async look() {
    return (await this.operator.reconciler.run()).drift;
  }

  told(): AuditEvent[] {
    return driftFound(this.stack);
  }

  async violationsNow(known?: Known) {
    await this.stack.manager.cleanupInactiveSessions();
    return violations(this.stack, known);
  }

  /** Each create by an instance that knows nothing of seats, so that it tries item 0 first. */
  async fillsUpTo(limit: number): Promise<void> {
    const { active } = await this.operator.limits.get({ scope: 'org', orgId: 'acme' });
    const create = () => createSessionManager(this.stack.env).createSession('ada', 'acme');
    for (let count = active; count < limit; count++) await create();
    await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    expect(await violations(this.stack, { limitOf: (scope) => (scope === 'ORG#acme' ? limit : 0) })).toEqual([]);
  }

  async isPutRight(drift: Partial<typeof NONE>, known?: Known): Promise<void> {
    const { audited } = this.stack;
    const found = { ...NONE, ...drift };
    const count = Object.values(found).reduce((sum, each) => sum + each, 0);
    expect(await this.look()).toEqual(found);
    expect(this.told().map(({ repaired }) => repaired)).toEqual(Array.from({ length: count }, () => false));
    audited.length = 0;
    expect(await this.operator.reconciler.run({ repair: true })).toEqual({
      drift: found,
      repaired: count,
      more: false,
    });
    expect(this.told().map(({ repaired }) => repaired)).toEqual(Array.from({ length: count }, () => true));
    expect(audited.at(-1)).toMatchObject({ event: 'reconcile.run', drift: count, repaired: count });
    expect(await this.look()).toEqual(NONE);
    expect(await this.violationsNow(known)).toEqual([]);
  }
}

/** Makes what an item of seats counts wrong by so many. */
export const addActive = ({ client, config }: TestStack, key: Key, by: number): Promise<unknown> =>
  documentClient(client).send(
    new UpdateCommand({
      TableName: config.tableName,
      Key: key,
      UpdateExpression: 'ADD active :by',
      ExpressionAttributeValues: { ':by': by },
    }),
  );

export const driftFound = ({ audited }: TestStack): AuditEvent[] =>
  audited.filter(({ event }) => event === 'drift.found');

/** Makes the directories of all sessions too old to be of a create that is under way. */
export async function ageDirectories({ root }: TestStack): Promise<void> {
  for (const user of await readdir(root)) {
    const names = user.startsWith('.') ? [] : await readdir(path.join(root, user));
    for (const name of names) await utimes(path.join(root, user, name), 0, 0);
  }
}
