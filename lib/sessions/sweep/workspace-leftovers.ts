import { isActive } from '../../table/session-item.ts';
import pMap from 'p-map';
import type { LogLines } from '../../telemetry/log-lines.ts';
import type { Workspaces } from '../../workspaces/workspaces.ts';
import type { SessionStore } from '../session-store.ts';

interface LeftoversRequest {
  now: Date;
  /** Aborts when the time is up. */
  signal: AbortSignal;
}

const AT_ONCE = 8;
/** How long an upload may rest between two of its parts. */
const UPLOAD_MS = 24 * 60 * 60 * 1000;
/** Slower than any create that is still under way. */
const ABANDONED_MS = 5 * 60 * 1000;

/** Directories that crashes, ended sessions and abandoned uploads have left: published, or removed. */
export class WorkspaceLeftovers {
  private readonly sessions: SessionStore;
  private readonly workspaces: Workspaces;
  private readonly log: LogLines;

  constructor(sessions: SessionStore, workspaces: Workspaces, log: LogLines) {
    this.sessions = sessions;
    this.workspaces = workspaces;
    this.log = log;
  }

  /** In another root every directory would be one that no session has. */
  async checkRoot(): Promise<void> {
    await this.workspaces.checkRoot();
  }

  /** A step that fails does not stop the others. `trash`: how many directories are left in it. */
  async remove(request: LeftoversRequest): Promise<{ trash: number }> {
    await this.attempt('.pending', this.recoverPending(request));
    await this.attempt('.uploads', this.removeStaleUploads(request));
    return { trash: (await this.attempt('.trash', this.emptyTrash(request.signal))) ?? 0 };
  }

  /** The next sweep tries again what fails now. */
  private async attempt<T>(name: string, step: Promise<T>): Promise<T | undefined> {
    return step.catch((thrown: unknown) => {
      this.log.workspaceNotTidied(name, thrown);
      return undefined;
    });
  }

  /** After a crash between the transaction of a create and its rename, or before the transaction. */
  private async recoverPending({ now, signal }: LeftoversRequest): Promise<void> {
    const pending = await this.workspaces.listPending();
    await pMap(
      pending,
      async ({ sessionId, madeAt }) => {
        if (signal.aborted) return;
        try {
          const session = await this.sessions.get(sessionId);
          if (isActive(session)) await this.workspaces.publish(session);
          else if (!session && now.getTime() - madeAt.getTime() > ABANDONED_MS)
            await this.workspaces.discardAbandoned(sessionId);
        } catch (thrown) {
          this.log.workspaceNotTidied(sessionId, thrown);
        }
      },
      { concurrency: AT_ONCE },
    );
  }

  /** Files that an ended session left because a write was running, and uploads without new parts. */
  private async removeStaleUploads({ signal }: LeftoversRequest): Promise<void> {
    await this.eachInTime(await this.workspaces.listUploads(), signal, async (sessionId) => {
      const session = await this.sessions.get(sessionId);
      if (isActive(session)) await this.workspaces.tidyUploads(sessionId, UPLOAD_MS);
      else await this.workspaces.discardUploads(sessionId);
    });
  }

  /** Several at the same time, so a large or stuck entry does not block the others. Returns how many are left for the next sweep. */
  private async emptyTrash(signal: AbortSignal): Promise<number> {
    const names = await this.workspaces.listTrash();
    let left = names.length;
    await this.eachInTime(names, signal, async (name) => {
      if (await this.workspaces.removeFromTrash(name, signal)) left--;
    });
    if (names.length > 0) this.log.trashEmptied(names.length - left, left);
    return left;
  }

  private async eachInTime(names: string[], signal: AbortSignal, step: (name: string) => Promise<void>): Promise<void> {
    await pMap(
      names,
      async (name) => {
        if (signal.aborted) return;
        await step(name).catch((thrown: unknown) => this.log.workspaceNotTidied(name, thrown));
      },
      { concurrency: AT_ONCE },
    );
  }
}
