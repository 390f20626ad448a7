import type { SessionInfo } from '../../sessions/session.ts';
import type { Input } from './client-input.ts';
import { addMethods, ConnectedClient, type Door } from './client-methods.ts';
import type { CallOptions, HttpInputOf, HttpOperations, HttpOutputOf } from './client-types.ts';
import type { Download, Upload } from './file-transfer.ts';
import { outputOf } from './http-answer.ts';
import { requestOf } from './http-request.ts';
import { DEFAULT_TIMEOUT_MS, send, wasCut, type HttpSettings } from './http-sender.ts';
import type { OperationName } from '../operations.ts';
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

type ByName = ReadonlyMap<OperationName, NamedRoute>;

export const byOperation = (some: readonly NamedRoute[]): ByName =>
  new Map(some.map((route) => [route.operation, route]));

/** Calls the operations of some routes. `addMethods` gives the prototype of its class a method for each. */
export class RoutedClient extends ConnectedClient<UploadedOverHttp> {
  constructor(settings: HttpSettings, ofOperations: ByName, absentInput?: Input) {
    super({
      operations: [...ofOperations.keys()],
      signal: settings.signal,
      absentInput,
      isUnanswered: wasCut,
      send: sender(settings, ofOperations),
    });
  }
}

const sender =
  (settings: HttpSettings, ofOperations: ByName): Door['send'] =>
  async (operation, input, limits) => {
    const route = ofOperations.get(operation) as NamedRoute;
    const timeoutMs = Math.min(settings.timeoutMs ?? DEFAULT_TIMEOUT_MS, limits.leftMs());
    return outputOf(route, await send(requestOf(route, input), { ...settings, signal: limits.signal, timeoutMs }));
  };

const OF_CALLERS = byOperation(routes);

class Client extends RoutedClient {
  constructor(settings: HttpSettings) {
    super(settings, OF_CALLERS);
  }
}
addMethods(Client.prototype, [...OF_CALLERS.keys()]);
Object.defineProperty(Client, 'name', { value: 'SessionManagerHttpClient' });

/** A client of the API over HTTP, wherever it is. */
export const SessionManagerHttpClient = Client as unknown as {
  new (settings: HttpSettings): SessionManagerHttpClient;
  readonly prototype: SessionManagerHttpClient;
};
