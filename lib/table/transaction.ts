import { randomUUID } from 'node:crypto';
import { Contended, isDefiniteRefusal, withRetries } from './retries.ts';
import type { TransactionRefusal, Write } from './write.ts';

type Writes = Record<string, Write>;
type Send = (writes: Writes, token: string) => Promise<TransactionRefusal<string> | undefined>;

/**
 * The attempts at one transaction. After one without a definite answer, the same is repeated under the same token, until it
 * succeeds or a condition refuses it: DynamoDB carries it out once, and answers a repetition with success if it already has.
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

  /** All the writes or none; repeated until there is a definite answer. */
  async run<Name extends string>(writes: Record<Name, Write>): Promise<TransactionRefusal<Name> | undefined> {
    return withRetries(async () => {
      const refusal = await this.attempt(() => writes);
      if (refusal && refusal.contended.size > 0) throw new Contended();
      return refusal;
    });
  }

  /** One attempt; `writes` gives what it writes, unless it repeats one without an answer. Throws as `transactOnce` does. */
  async attempt<Name extends string>(writes: () => Record<Name, Write>): Promise<TransactionRefusal<Name> | undefined> {
    const attempt = this.unanswered ?? { writes: writes(), token: randomUUID() };
    try {
      const refusal = await this.send(attempt.writes, attempt.token);
      if (refusal && !refusal.isDefinite) this.hadNoAnswer = true;
      this.unanswered = undefined;
      return refusal as TransactionRefusal<Name> | undefined;
    } catch (thrown) {
      if (!isDefiniteRefusal(thrown)) {
        this.hadNoAnswer = true;
        this.unanswered = attempt;
      }
      throw thrown;
    }
  }
}
