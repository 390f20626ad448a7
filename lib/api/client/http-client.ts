import type { SessionInfo } from '../../sessions/session.ts';
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

const byName = new Map<OperationName, NamedRoute>(routes.map((route) => [route.operation, route]));
const OPERATIONS = [...byName.keys()];

class Client extends ConnectedClient<UploadedOverHttp> {
  constructor(settings: HttpSettings) {
    super({ operations: OPERATIONS, signal: settings.signal, isUnanswered: wasCut, send: sender(settings) });
  }
}

const sender =
  (settings: HttpSettings): Door['send'] =>
  async (operation, input, limits) => {
    const route = byName.get(operation) as NamedRoute;
    const timeoutMs = Math.min(settings.timeoutMs ?? DEFAULT_TIMEOUT_MS, limits.leftMs());
    return outputOf(route, await send(requestOf(route, input), { ...settings, signal: limits.signal, timeoutMs }));
  };
addMethods(Client.prototype, OPERATIONS);
Object.defineProperty(Client, 'name', { value: 'SessionManagerHttpClient' });

/** A client of the API over HTTP, wherever it is. */
export const SessionManagerHttpClient = Client as unknown as {
  new (settings: HttpSettings): SessionManagerHttpClient;
  readonly prototype: SessionManagerHttpClient;
};
