import pTimeout from 'p-timeout';
import { parseJson } from '../../../json/json-text.ts';
import { isJsonObject } from '../../../json/raw-json.ts';
import { errorIn, type RpcError } from './rpc-message.ts';

const MAX_BYTES = 64 * 1024;
/** The status is known: what else is said is not waited for much longer (ms). */
const BODY_MS = 1_000;

/** An answer with a status that is no success. Of its body only a JSON-RPC error is passed on. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly status: number;
  readonly rpcError: RpcError | undefined;
  /** Only to find out what is meant. */
  readonly body: string;

  constructor(status: number, body = '') {
    super(`HTTP status ${status}`);
    this.status = status;
    this.body = body;
    this.rpcError = rpcErrorIn(body);
  }
}

/** Reads the beginning of the body. */
export async function refusalOf(response: Response): Promise<HttpRefusal> {
  return new HttpRefusal(response.status, await beginningOf(response.body));
}

async function beginningOf(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  const read = async (): Promise<void> => {
    for (let bytes = 0; bytes < MAX_BYTES;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  };
  await pTimeout(read(), { milliseconds: BODY_MS }).catch(() => undefined);
  reader.cancel().catch(() => undefined);
  return text;
}

function rpcErrorIn(body: string): RpcError | undefined {
  try {
    const parsed = parseJson(body);
    return isJsonObject(parsed) && 'jsonrpc' in parsed ? errorIn(parsed) : undefined;
  } catch {
    return undefined;
  }
}
