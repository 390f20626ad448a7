import type { SessionInfo } from '../../sessions/session.ts';
import type { OperationName } from '../operations.ts';
import { routeRows } from '../routes.ts';
import { limitsOf, type CallLimits } from './call-limits.ts';
import { copyOfInput, type Input } from './client-input.ts';
import type { CallOptions } from './client-types.ts';
import { download, upload, type Download, type FileCalls, type InPlace, type Upload } from './file-transfer.ts';
import { mayBeRepeated, repeatedIfSafe } from './repetition.ts';
import { UnexpectedAnswerError } from './unexpected-answer.ts';

/** How a client reaches its operations. */
export interface Door {
  readonly operations: readonly OperationName[];
  /** Gives up every call of the client. */
  readonly signal?: AbortSignal | undefined;
  /** Sends one call. `isRepeatable`: it does no harm if it is carried out twice. */
  send(operation: OperationName, input: Input, limits: CallLimits, isRepeatable: boolean): Promise<unknown>;
  /** Whether the call may have been carried out, by what it threw. */
  isUnanswered(thrown: unknown): boolean;
}

interface Page {
  sessions: SessionInfo[];
  nextCursor?: string;
}

type Method = (input: unknown, options?: unknown) => Promise<unknown>;
type Methods = Record<string, Method | undefined>;

/** Apart from the clients, so that nothing of how they call can be reached or printed. */
const doors = new WeakMap<object, Door>();

/** What both clients have. `addMethods` gives their prototypes a method for each operation. */
export class ConnectedClient<Written extends InPlace> {
  /** The methods of the operations can be handed on without the client, and lead to what its class has by then. */
  constructor(door: Door) {
    doors.set(this, door);
    for (const name of door.operations) {
      const value = async (...args: [unknown, unknown?]) =>
        (Object.getPrototypeOf(this) as Methods)[name]?.apply(this, args);
      Object.defineProperty(this, name, { value, writable: true, configurable: true });
    }
  }

  sessions(input: object = {}, options?: CallOptions): AsyncGenerator<SessionInfo, void, undefined> {
    const { listSessions } = this as unknown as { listSessions: (input: Input, options: unknown) => Promise<Page> };
    return allSessions((page) => listSessions(page, options), input);
  }

  async upload(input: Upload, options?: CallOptions): Promise<Written> {
    const limits = limitsOf(options, doors.get(this)?.signal);
    return upload(this.#parts(limits), input, limits);
  }

  async *download(input: Download, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const limits = limitsOf(options, doors.get(this)?.signal);
    yield* download(this.#parts(limits), input, limits);
  }

  /** Transfers have repetitions of their own: they know what has arrived. */
  #parts(limits: CallLimits): FileCalls<Written> {
    const part = (name: OperationName) => (input: Input) => doors.get(this)?.send(name, input, limits, false);
    return { readFile: part('readFile'), writeFile: part('writeFile') } as unknown as FileCalls<Written>;
  }
}

/** A method for each operation, on the prototype: there subclasses override them, and tests replace them. */
export function addMethods(prototype: object, operations: readonly OperationName[]): void {
  for (const name of operations) {
    const { [name]: value } = {
      async [name](this: object, input: unknown, options?: unknown) {
        const door = doors.get(this);
        return door && call(door, name, input, options);
      },
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

async function call(door: Door, operation: OperationName, input: unknown, options: unknown): Promise<unknown> {
  const limits = limitsOf(options, door.signal);
  const copy = copyOfInput(input, routeRows[operation]);
  const isRepeatable = mayBeRepeated(operation, copy);
  const send = () => door.send(operation, copy, limits, isRepeatable);
  return repeatedIfSafe(send, { isRepeatable, isUnanswered: (thrown) => door.isUnanswered(thrown), limits });
}

/** Every session of all pages. */
async function* allSessions(
  list: (input: Input) => Promise<Page>,
  input: unknown,
): AsyncGenerator<SessionInfo, void, undefined> {
  const asked = copyOfInput(input);
  let cursor: string | undefined;
  do {
    const { sessions, nextCursor }: Page = await list({ ...asked, ...(cursor !== undefined && { cursor }) });
    yield* sessions;
    if (nextCursor !== undefined && nextCursor === cursor) {
      throw new UnexpectedAnswerError('The list of sessions repeats a cursor, and so never ends.');
    }
    cursor = nextCursor;
  } while (cursor !== undefined);
}
