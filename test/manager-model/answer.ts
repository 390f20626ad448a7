import { SessionManagerError } from '../../lib/errors.ts';

/** What a call came to, in a form that can be compared. */
export type Answer = { ok: unknown } | { code: string; details?: unknown };

/** A call of the model that is refused. */
export class Refused extends Error {
  readonly code: string;
  readonly details: unknown;

  constructor(code: string, details?: unknown) {
    super(code);
    this.code = code;
    this.details = details;
  }
}

export async function answerOf(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { ok: await work() };
  } catch (thrown) {
    if (!(thrown instanceof SessionManagerError)) throw thrown;
    const { code, details } = thrown;
    if (code !== 'MAX_SESSIONS_REACHED') return { code };
    // How many were due when it looked: no moment of the limits.
    const { scope, limit, active } = details;
    return { code, details: { scope, limit, active } };
  }
}

export function expectedOf(work: () => unknown): Answer {
  try {
    return { ok: work() };
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    const { code, details } = thrown;
    return details === undefined ? { code } : { code, details };
  }
}

/** Of data; `structuredClone` is of another realm than the tests, where nothing compares equal. */
export const copyOf = <T>(data: T): T => JSON.parse(JSON.stringify(data)) as T;
