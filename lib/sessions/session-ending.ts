import type { SessionStore } from './session-store.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import type { EndReason } from '../telemetry/events/session-event.ts';
import type { SessionItem } from '../table/session-item.ts';

/**
 * Ends a session in steps that anybody can repeat, at any time and any number of times:
 *
 *   active ──claim──▶ ending ──directory into the trash, then items and seats away──▶ gone
 *
 * Two at once: both see `ending`, both rename (one finds it done), both delete (one finds it done). Neither answers
 * before the directory is away and the seats are free. A crash in between leaves `ending`, which the next end or sweep
 * takes up.
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

  /** With `lastActiveSeen` only if the session was not active since. Whether this has ended it, and nobody else. */
  async end(sessionId: string, reason: EndReason, lastActiveSeen?: string): Promise<boolean> {
    const session = await this.store.claimEnd(sessionId, reason, lastActiveSeen);
    return session !== undefined && (await this.resume(session));
  }

  /** The steps after the claim. True for the one that came to the end of it, which tells; others found it done. */
  async resume(session: SessionItem): Promise<boolean> {
    const retired = await this.workspaces.moveToTrash(session);
    await this.discardUploads(session.id);
    const hasEnded = await this.store.finishEnd(session);
    if (retired !== undefined) await this.tidy(retired);
    return hasEnded;
  }

  /** What cannot be removed is left to the sweep. */
  private async discardUploads(sessionId: string): Promise<void> {
    try {
      await this.workspaces.discardUploads(sessionId);
    } catch (thrown) {
      this.onTidyFailure(sessionId, thrown);
    }
  }

  /** An end takes as long with a hundred thousand files as with none: those are the sweep's. */
  private async tidy(name: string): Promise<void> {
    try {
      await this.workspaces.removeEmptyFromTrash(name);
    } catch (thrown) {
      this.onTidyFailure(name, thrown);
    }
  }
}
