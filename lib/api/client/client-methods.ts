import type { SessionInfo } from '../../sessions/session.ts';
import { copyOfInput } from './client-input.ts';
import { UnexpectedAnswerError } from './unexpected-answer.ts';

/** Carries out one call of one operation. */
export type Call = (operation: string, input: unknown, options: unknown) => Promise<unknown>;

type Methods = Record<string, (input: unknown, options?: unknown) => Promise<unknown>>;

/** Apart from the clients, so that nothing of how they call can be reached or printed. */
const calls = new WeakMap<object, Call>();

/** A method for each operation, on the prototype: there subclasses override them, and tests replace them. */
export function addMethods(prototype: object, operations: readonly string[]): void {
  for (const name of operations) {
    const { [name]: value } = {
      async [name](this: object, input: unknown, options?: unknown) {
        return calls.get(this)?.(name, input, options);
      },
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/** Makes a client call by `call`. Its methods can be handed on without it, and lead to what its class has by then. */
export function connect(client: object, operations: readonly string[], call: Call): void {
  calls.set(client, call);
  for (const name of operations) {
    const value = async (...args: [unknown, unknown?]) =>
      (Object.getPrototypeOf(client) as Methods)[name]?.apply(client, args);
    Object.defineProperty(client, name, { value, writable: true, configurable: true });
  }
}

interface Page {
  sessions: SessionInfo[];
  nextCursor?: string;
}

/** Every session of all pages. */
export async function* allSessions(
  list: (input: Readonly<Record<string, unknown>>) => Promise<Page>,
  input: unknown,
): AsyncGenerator<SessionInfo, void, undefined> {
  const asked = copyOfInput(input);
  let cursor: string | undefined;
  do {
    const { sessions, nextCursor }: Page = await list({ ...asked, ...(cursor !== undefined && { cursor }) });
    yield* sessions;
    if (nextCursor !== undefined && nextCursor === cursor) {
      throw new UnexpectedAnswerError('The list of sessions does not move on.');
    }
    cursor = nextCursor;
  } while (cursor !== undefined);
}
