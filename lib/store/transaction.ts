import { randomUUID } from 'node:crypto';
import { isDefiniteRefusal } from './transient.ts';
import type { Refusal, Write } from './write.ts';

type Writes = Record<string, Write>;
type Send = (writes: Writes, token: string) => Promise<Refusal<string> | undefined>;

/**
 * The attempts at one transaction. An attempt without a definite answer is repeated as it was, under the same token:
 * DynamoDB carries the two out once, and answers the second with success if the first was carried out.
 */
export class Transaction {
  private readonly send: Send;
  private unanswered: { writes: Writes; token: string } | undefined;
  private hadNoAnswer = false;

  constructor(send: Send) {
    this.send = send;
  }

  /** Whether an attempt had no definite answer: whatever the later ones met, it may yet be carried out. */
  get mayBeCarriedOut(): boolean {
    return this.hadNoAnswer;
  }

  /** One attempt; `writes` gives what it writes, unless it repeats one without an answer. Throws as `transactOnce` does. */
  async attempt<Name extends string>(writes: () => Record<Name, Write>): Promise<Refusal<Name> | undefined> {
    const { unanswered: attempt = { writes: writes(), token: randomUUID() } } = this;
    try {
      const refusal = await this.send(attempt.writes, attempt.token);
      this.note(attempt, refusal?.isDefinite ?? true);
      return refusal as Refusal<Name> | undefined;
    } catch (thrown) {
      this.note(attempt, isDefiniteRefusal(thrown));
      throw thrown;
    }
  }

  private note(attempt: { writes: Writes; token: string }, isDefinite: boolean): void {
    this.unanswered = isDefinite ? undefined : attempt;
    this.hadNoAnswer ||= !isDefinite;
  }
}
