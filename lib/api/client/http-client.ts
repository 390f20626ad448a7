import { copyOfInput } from './client-input.ts';
import { download, upload, type Download, type FileCalls, type Upload } from './file-transfer.ts';
import { outputOf } from './http-answer.ts';
import { requestOf } from './http-request.ts';
import { send, wasCut, type HttpSettings } from './http-sender.ts';
import type { InputOf, OutputOf } from '../operations.ts';
import { repeatedIfSafe } from './repetition.ts';
import { routes, type HttpOperationName, type NamedRoute } from '../routes.ts';

/** HTTP has fewer fields of a file than a direct invocation, and times in whole seconds. */
interface OutputsOverHttp {
  readFile: { content?: string; etag: string; modifiedAt: string; contentRange?: string };
  /** `size` is there unless the caller has the file already. */
  statFile: { size?: number; modifiedAt: string; etag: string; mode: string };
  writeFile: { etag: string; received?: never } | { received: number; total: number; etag?: never };
}

type HttpOutputOf<Name extends HttpOperationName> = Name extends keyof OutputsOverHttp
  ? OutputsOverHttp[Name]
  : OutputOf<Name>;

/**
 * One method for each operation, with its input and its output. Throws the errors that the operation throws, with the
 * request's id among their details; `NoAnswerError` and `UnexpectedAnswerError` where there was no answer of this API.
 */
export type SessionManagerHttpClient = {
  [Name in HttpOperationName]: (input: InputOf<Name>) => Promise<HttpOutputOf<Name>>;
} & {
  /** Writes a file of any size, in parts where it needs several. */
  upload(input: Upload): Promise<{ etag: string }>;
  /** Reads a file of any size, part by part. */
  download(input: Download): AsyncGenerator<Uint8Array, void, undefined>;
};

type Call = (input: unknown) => Promise<unknown>;

class Client {
  constructor(settings: HttpSettings) {
    const once = (route: NamedRoute): Call => {
      return async (input) => outputOf(route, await send(requestOf(route, copyOfInput(input, route)), settings));
    };
    const methods = (callOf: (route: NamedRoute) => Call) =>
      Object.fromEntries(routes.map((route) => [route.operation, callOf(route)]));
    const repeating = (route: NamedRoute): Call => {
      const call = once(route);
      return async (input) => {
        const copy = copyOfInput(input, route);
        return repeatedIfSafe(route.operation, copy, () => call(copy), wasCut);
      };
    };
    // Transfers have repetitions of their own: they know what has arrived.
    const parts = methods(once) as unknown as FileCalls<{ etag: string }>;
    Object.assign(this, methods(repeating), {
      upload: (input: Upload) => upload(parts, input),
      download: (input: Download) => download(parts, input),
    });
  }
}

/** A client of the API over HTTP, wherever it is. */
export const SessionManagerHttpClient = Client as new (settings: HttpSettings) => SessionManagerHttpClient;
