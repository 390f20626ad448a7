import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { McpConnectionError } from '../../../errors.ts';
import { NestedTooDeeplyError, parseJson } from '../../../json/json-text.ts';
import { isJsonObject } from '../../../json/raw-json.ts';
import { initialization } from './initialization.ts';

/** What a JSON-RPC error says, whatever the server put into it. */
export interface RpcError {
  code: number;
  message: string;
  data?: unknown;
}

/** A result as it came, and the bytes of the message that it came in. The SDK passes it on by reference. */
export interface Given {
  given: unknown;
  bytes: number;
}

/** The data of an error that a server answered: errors of the SDK's own have none such. */
export interface Answered {
  answered: unknown;
}

/** An answer; of an error that answers no request in particular, `id` is null. */
interface RpcAnswer {
  id: string | number | null;
  said: { result: unknown } | { error: RpcError };
  bytes: number;
}

/** What a server sends: an answer, or a request or notification of its own. */
export type RpcMessage = RpcAnswer | { own: JSONRPCMessage; asks: boolean };

/** As JSON-RPC has it for what has no code. */
const INTERNAL_ERROR = -32603;

/**
 * The messages of a JSON text, one or several. Numbers keep their digits. What is no message is left out; members that are
 * none of JSON-RPC do not matter. Throws a `SyntaxError` for what is not JSON.
 */
export function messagesIn(text: string): RpcMessage[] {
  const bytes = Buffer.byteLength(text, 'utf8');
  const parsed = parsedJson(text);
  return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((message) => messageOf(message, bytes) ?? []);
}

function parsedJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    if (thrown instanceof NestedTooDeeplyError)
      throw new McpConnectionError('answered with JSON that is nested too deeply');
    throw thrown;
  }
}

function messageOf(message: unknown, bytes: number): RpcMessage | undefined {
  if (!isJsonObject(message)) return undefined;
  const { id, method, params } = message;
  if (typeof method === 'string') {
    const own = { jsonrpc: '2.0', method, ...(isJsonObject(params) && { params }) } as const;
    return isId(id) ? { own: { ...own, id }, asks: true } : { own, asks: false };
  }
  const error = errorIn(message);
  if (error) return { id: isId(id) ? id : null, said: { error }, bytes };
  return isId(id) && 'result' in message ? { id, said: { result: message.result }, bytes } : undefined;
}

/** The error of an answer, or nothing if it has none. */
export function errorIn({ error }: Record<string, unknown>): RpcError | undefined {
  if (typeof error === 'string') return { code: INTERNAL_ERROR, message: error };
  if (!isJsonObject(error)) return undefined;
  const { code, message, data } = error;
  return {
    code: Number.isSafeInteger(code) ? (code as number) : INTERNAL_ERROR,
    message: typeof message === 'string' ? message : '',
    data,
  };
}

/** Whether `answer` is one to `request`; an error without an id is, where nothing else is waited for. */
export const answers = ({ id }: RpcAnswer, request: JSONRPCRequest, isOnly: boolean): boolean =>
  id === null ? isOnly : String(id) === String(request.id);

/** For the SDK, which is to look into no result but that of an initialization. */
export function answerForSdk({ id, method }: JSONRPCRequest, { said, bytes }: RpcAnswer): JSONRPCMessage {
  if ('error' in said) {
    const { code, message, data } = said.error;
    return { jsonrpc: '2.0', id, error: { code, message, data: { answered: data } satisfies Answered } };
  }
  const result =
    method === 'initialize' ? initialization(said.result) : ({ given: said.result, bytes } satisfies Given);
  return { jsonrpc: '2.0', id, result };
}

const isId = (id: unknown): id is string | number => typeof id === 'string' || Number.isSafeInteger(id);
