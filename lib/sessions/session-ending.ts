import type { SessionStore } from './session-store.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { EndReason } from '../telemetry/events/session-event.ts';
import type { SessionItem } from '../table/session-item.ts';

/**
 * Ends a session. Every step is idempotent, so any process can repeat it.
 *
 *   active ── claim ──▶ ending ── move the workspace to the trash, delete items, free seats ──▶ (none)
 *
 * - Two callers at the same time: both see `ending`. Each step succeeds for one and does nothing for the other. Neither
 *   returns before the workspace is gone and the seats are free.
 * - Crash between two steps: the session stays `ending`. The next `DELETE` or sweep resumes the end.
 */
export class SessionEnding {
  private readonly store: SessionStore;
  private readonly workspaces: Workspaces;
  private readonly onTidyFailure: (name: string, thrown: unknown) => void;

  constructor(store: SessionStore, workspaces: Workspaces, onTidyFailure: (name: string, thrown: unknown) => void) {
    this.store = store;
    this.workspaces = workspaces;
    this.onTidyFailure = onTidyFailure;
  }

  /** With `lastActiveSeen` only if the session was not active since. True if this call has ended it, not another one. */
  async end(sessionId: string, reason: EndReason, lastActiveSeen?: string): Promise<boolean> {
    // Before the claim: a session that this process cannot bring to its end stays as it is.
    await this.workspaces.checkRoot();
    const session = await this.store.claimEnd(sessionId, reason, lastActiveSeen);
    return session !== undefined && (await this.resume(session));
  }

  /** The steps after the claim. True for the one call that deleted the items, which reports the end. */
  async resume(session: SessionItem): Promise<boolean> {
    const retired = await this.workspaces.moveToTrash(session);
    await this.discardUploads(session.id);
    const hasEnded = await this.store.finishEnd(session);
    if (retired !== undefined) await this.tidy(retired);
    return hasEnded;
  }

  /** If they cannot be moved, the sweep does it. */
  private async discardUploads(sessionId: string): Promise<void> {
    try {
      await this.workspaces.discardUploads(sessionId);
    } catch (thrown) {
      this.onTidyFailure(sessionId, thrown);
    }
  }

  /** Only an empty directory: an end takes as long with a hundred thousand files as with none. The sweep removes the rest. */
  private async tidy(name: string): Promise<void> {
    try {
      await this.workspaces.removeEmptyFromTrash(name);
    } catch (thrown) {
      this.onTidyFailure(name, thrown);
    }
  }
}
