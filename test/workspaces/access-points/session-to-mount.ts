import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AccessPointDescription } from '@aws-sdk/client-efs';
import { streamHandler } from '../../../lib/api/stream-handler.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { DynamoTable } from '../../../lib/table/dynamo-table.ts';
import { WorkspaceAccessStore } from '../../../lib/workspaces/access-points/workspace-access-store.ts';
import type { TestStack } from '../../setup/test-stack.ts';
import { changesOf, newAccessStack } from './access-stack.ts';
import type { EfsServer } from './efs-server.ts';

/** A session of ada whose workspace can be mounted from elsewhere, and the access points that EFS has of it. */
export class SessionToMount {
  readonly stack: TestStack;
  readonly session: Session;
  private readonly efs: EfsServer;
  private readonly checkpoint: string;

  private constructor(efs: EfsServer, stack: TestStack, session: Session, checkpoint: string) {
    this.efs = efs;
    this.stack = stack;
    this.session = session;
    this.checkpoint = checkpoint;
  }

  static async make(efs: EfsServer): Promise<SessionToMount> {
    efs.reset();
    const stack = await newAccessStack(efs);
    const session = await stack.manager.createSession('ada', 'acme');
    return new SessionToMount(efs, stack, session, await mkdtemp(path.join(tmpdir(), 'checkpoint-')));
  }

  async close(): Promise<void> {
    await this.stack.close();
    await rm(this.checkpoint, { recursive: true });
  }

  points(): AccessPointDescription[] {
    return [...this.efs.points.values()];
  }

  async known() {
    return (await this.stack.parts.store.get(this.session.id))?.workspaceAccess;
  }

  /** Where the manager keeps what it knows of access points, over the same table. */
  store(): WorkspaceAccessStore {
    return new WorkspaceAccessStore(new DynamoTable(this.stack.client, this.stack.config.tableName));
  }

  changes() {
    return changesOf(this.stack, this.checkpoint);
  }

  /** What `session-events` does with all that happened. */
  async hear() {
    return streamHandler(() => this.stack)({ Records: await this.changes() });
  }
}
