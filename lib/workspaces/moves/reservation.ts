import { WorkspaceFullError } from '../file-errors.ts';
import type { Quota } from '../workspace-files.ts';

/** As much is counted ahead: one write to the table for so many bytes. */
const AHEAD = 16 * 1024 * 1024;

/** Counts the bytes of a copy before they are on disk, so that copies at the same time stay within the limit together. */
export class Reservation {
  private readonly quota: Quota;
  /** What has been counted, and what of it is on disk. */
  private taken = 0;
  private used = 0;
  private free: number;
  private readonly ofReplaced: number;
  private turn: Promise<void> = Promise.resolve();

  /** `free`: bytes of what the copy will replace, which need not be counted. */
  constructor(quota: Quota, free: number) {
    this.quota = quota;
    this.free = free;
    this.ofReplaced = free;
  }

  /** Bytes of what is replaced that were not counted. */
  get freed(): number {
    return this.ofReplaced - this.free;
  }

  /** Throws a `WorkspaceFullError` if so many more do not fit. */
  async use(bytes: number): Promise<void> {
    if (this.quota.limit === 0) return;
    // One after the other: all share what is counted ahead.
    this.turn = this.turn.catch(() => undefined).then(() => this.useNext(bytes));
    return this.turn;
  }

  /** Counts back what is not on disk; of a copy that has failed, everything. */
  async settle(outcome: 'published' | 'failed'): Promise<void> {
    await this.turn.catch(() => undefined);
    await this.quota.giveBack(outcome === 'failed' ? this.taken : this.taken - this.used);
  }

  private async useNext(bytes: number): Promise<void> {
    const ofReplaced = Math.min(this.free, bytes);
    const needed = this.used + bytes - ofReplaced - this.taken;
    if (needed > 0) await this.take(needed);
    this.free -= ofReplaced;
    this.used += bytes - ofReplaced;
  }

  private async take(needed: number): Promise<void> {
    const taken = (await this.taking(Math.max(needed, AHEAD))) || (await this.taking(needed));
    if (taken) return;
    // The agent may have removed files since they were counted: this measures, and throws if it has not.
    await this.quota.check(needed);
    await this.quota.take(needed);
    this.taken += needed;
  }

  private async taking(bytes: number): Promise<boolean> {
    try {
      await this.quota.take(bytes);
    } catch (thrown) {
      if (thrown instanceof WorkspaceFullError) return false;
      throw thrown;
    }
    this.taken += bytes;
    return true;
  }
}
