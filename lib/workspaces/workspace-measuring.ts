import type { WorkspaceUsage, MeasuredItem, WorkspaceUsageStore } from './workspace-usage-store.ts';
import { measure, nothingMeasured, type Measurement } from './measure.ts';
import type { WorkspaceFiles } from './workspace-files.ts';
import type { Workspace } from './workspace-paths.ts';

/** Measures workspaces step by step. The progress is in the table, so any process continues it. */
export class WorkspaceMeasuring {
  private readonly files: WorkspaceFiles;
  private readonly usage: WorkspaceUsageStore;
  private readonly now: () => Date;

  constructor(files: WorkspaceFiles, usage: WorkspaceUsageStore, now: () => Date) {
    this.files = files;
    this.usage = usage;
    this.now = now;
  }

  /**
   * One step, from where the last one (`stored`) stopped. Returns what this measurement has found so far. `onlyIfActive`:
   * what it finds is stored only of a session that has not begun to end.
   */
  async step(
    session: Workspace,
    stored: MeasuredItem | undefined,
    signal: AbortSignal,
    { onlyIfActive = false } = {},
  ): Promise<WorkspaceUsage> {
    const startedAt = performance.now();
    const before = stored?.measuring ?? { ...nothingMeasured, countedBefore: stored?.bytes ?? 0 };
    const { measurement, complete: isDone } = await measure(this.files, session, before, signal);
    const tookMs = (stored?.measuring ? stored.tookMs : 0) + Math.round(performance.now() - startedAt);
    const from = { sessionId: session.id, rounds: stored?.rounds ?? 0, onlyIfActive };
    const { countedBefore } = before;
    const now = this.now();
    const measuredAt = now.toISOString();
    if (isDone) {
      const seen = atLeast(measurement, countedBefore, stored?.files ?? 0);
      await this.usage.put(from, { ...seen, measuredAt, tookMs, countedBefore }, now);
      return { ...seen, measuredAt, complete: !('unreadable' in seen) };
    }
    await this.usage.putStep(from, { ...measurement, countedBefore }, tookMs, now);
    const { bytes, files, unreadable } = measurement;
    return { bytes, files, measuredAt, complete: false, ...(unreadable !== undefined && { unreadable }) };
  }
}

/** What an agent has closed is still there as far as anybody knows: closing a directory makes no room for more. */
function atLeast({ bytes, files, unreadable }: Measurement, countedBefore: number, filesBefore: number) {
  if (unreadable === undefined) return { bytes, files };
  return { bytes: Math.max(bytes, countedBefore), files: Math.max(files, filesBefore), unreadable };
}
