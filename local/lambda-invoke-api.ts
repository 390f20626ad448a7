import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { API_FUNCTIONS, type ApiFunction } from '../lib/operations/operation.ts';
import { utf8Of } from '../lib/json/json-text.ts';
import { invoke } from './functions.ts';

/** Lambda's Invoke API, so that `aws lambda invoke --endpoint-url` and every SDK's client reach the functions. */
export function serveInvoke(app: FastifyInstance): void {
  const accepted = new Set<Promise<void>>();
  const invokeLater = (functionName: ApiFunction, event: unknown) => {
    const run = invoke(functionName, event)
      .then(() => undefined, console.error)
      .finally(() => accepted.delete(run));
    accepted.add(run);
  };
  // What was accepted happens, also if the stop comes first.
  app.addHook('onClose', async () => void (await Promise.all(accepted)));
  app.post<{ Params: { name: string } }>('/2015-03-31/functions/:name/invocations', async (request, reply) => {
    reply.header('x-amzn-requestid', randomUUID());
    const functionName = functionNamed(request.params.name);
    if (!functionName)
      return refuse(reply, 404, 'ResourceNotFoundException', `Function not found: ${request.params.name}`);
    const event = parse(request.body as Buffer | undefined);
    if (!event) return refuse(reply, 400, 'InvalidRequestContentException', 'Could not parse request body into json.');
    switch (request.headers['x-amz-invocation-type'] ?? 'RequestResponse') {
      case 'DryRun':
        return reply.code(204).send();
      case 'Event':
        invokeLater(functionName, event.json);
        return reply.code(202).send();
      case 'RequestResponse':
        return answer(reply, functionName, event.json);
      default:
        return refuse(reply, 400, 'InvalidParameterValueException', 'Unknown invocation type.');
    }
  });
}

async function answer(reply: FastifyReply, functionName: ApiFunction, event: unknown): Promise<FastifyReply> {
  reply.headers({ 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' });
  try {
    return await reply.send(JSON.stringify((await invoke(functionName, event)) ?? null));
  } catch (thrown) {
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
    reply.header('x-amz-function-error', 'Unhandled');
    return reply.send(JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
  }
}

/** By name, by `name:qualifier`, or by ARN. */
function functionNamed(name: string): ApiFunction | undefined {
  const parts = name.split(':');
  const named = parts[parts.lastIndexOf('function') + 1];
  return API_FUNCTIONS.find((functionName) => functionName === named);
}

function parse(body: Buffer | undefined): { json: unknown } | undefined {
  if (!body?.length) return { json: {} };
  try {
    // As Lambda's runtime does, which changes numbers that JavaScript cannot hold.
    return { json: JSON.parse(utf8Of(body)) };
  } catch {
    return undefined;
  }
}

function refuse(reply: FastifyReply, status: number, type: string, message: string): FastifyReply {
  return reply
    .code(status)
    .headers({ 'content-type': 'application/json', 'x-amzn-errortype': type })
    .send(JSON.stringify({ Type: 'User', Message: message, message }));
}
