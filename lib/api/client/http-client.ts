import type { SessionInfo } from '../../sessions/session.ts';
import { anyOf, limitsOf, type CallLimits } from './call-limits.ts';
import { copyOfInput } from './client-input.ts';
import { addMethods, allSessions, connect } from './client-methods.ts';
import type { CallOptions, HttpInputOf, HttpOperations, HttpOutputOf } from './client-types.ts';
import { download, upload, type Download, type FileCalls, type Upload } from './file-transfer.ts';
import { outputOf } from './http-answer.ts';
import { requestOf } from './http-request.ts';
import { DEFAULT_TIMEOUT_MS, send, wasCut, type HttpSettings } from './http-sender.ts';
import { repeatedIfSafe } from './repetition.ts';
import { routes, type NamedRoute } from '../routes.ts';

/** What was uploaded is in its place, as this. */
export interface UploadedOverHttp {
  etag: string;
  existed: boolean;
}

/**
 * One method for each operation, with what its route has a place for and its output. Throws the errors that the operation
 * throws, with the request's id among their details; `NoAnswerError` and `UnexpectedAnswerError` where there was no answer of
 * this API.
 */
export type SessionManagerHttpClient = {
  [Name in keyof HttpOperations]: (input: HttpInputOf<Name>, options?: CallOptions) => Promise<HttpOutputOf<Name>>;
} & {
  /** Every session of all pages. `timeoutMs` is the time of one page. */
  sessions(
    input?: Omit<HttpInputOf<'listSessions'>, 'cursor'>,
    options?: CallOptions,
  ): AsyncGenerator<SessionInfo, void, undefined>;
  /** Writes a file of any size, in parts where it needs several. */
  upload(input: Upload, options?: CallOptions): Promise<UploadedOverHttp>;
  /** Reads a file of any size, part by part. */
  download(input: Download, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined>;
};

type Input = Readonly<Record<string, unknown>>;
type ByName = ReadonlyMap<string, NamedRoute>;

export const byOperation = (some: readonly NamedRoute[]): ByName =>
  new Map(some.map((route) => [route.operation, route]));

/** Calls the operations of some routes. `addMethods` gives the prototype of its class a method for each. */
export class RoutedClient {
  readonly #settings: HttpSettings;
  readonly #routes: ByName;

  constructor(settings: HttpSettings, ofOperations: ByName) {
    this.#settings = settings;
    this.#routes = ofOperations;
    connect(this, [...ofOperations.keys()], async (name, input, options) => {
      const route = ofOperations.get(name) as NamedRoute;
      const limits = limitsOf(options);
      const copy = copyOfInput(input === undefined && route.from === 'agent' ? {} : input, route);
      const once = () => this.#once(route, copy, limits);
      return repeatedIfSafe(route.operation, copy, once, { isUnanswered: wasCut, limits });
    });
  }

  async upload(input: Upload, options?: CallOptions) {
    const limits = limitsOf(options);
    return upload(this.#parts(limits), input, limits);
  }

  async *download(input: Download, options?: CallOptions) {
    const limits = limitsOf(options);
    yield* download(this.#parts(limits), input, limits);
  }

  /** Transfers have repetitions of their own: they know what has arrived. */
  #parts(limits: CallLimits): FileCalls<UploadedOverHttp> {
    const call = (name: string) => (input: Input) => this.#once(this.#routes.get(name) as NamedRoute, input, limits);
    return { readFile: call('readFile'), writeFile: call('writeFile') } as FileCalls<UploadedOverHttp>;
  }

  async #once(route: NamedRoute, input: Input, limits: CallLimits): Promise<unknown> {
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#settings;
    const settings = {
      ...this.#settings,
      signal: anyOf(signal, limits.signal),
      timeoutMs: Math.min(timeoutMs, limits.leftMs()),
    };
    return outputOf(route, await send(requestOf(route, input), settings));
  }
}

const OF_CALLERS = byOperation(routes);

class Client extends RoutedClient {
  constructor(settings: HttpSettings) {
    super(settings, OF_CALLERS);
  }

  sessions(input: object = {}, options?: CallOptions) {
    const { listSessions } = this as unknown as SessionManagerHttpClient;
    return allSessions((page) => listSessions(page, options), input);
  }
}
addMethods(Client.prototype, [...OF_CALLERS.keys()]);
Object.defineProperty(Client, 'name', { value: 'SessionManagerHttpClient' });

/** A client of the API over HTTP, wherever it is. */
export const SessionManagerHttpClient = Client as unknown as {
  new (settings: HttpSettings): SessionManagerHttpClient;
  readonly prototype: SessionManagerHttpClient;
};
