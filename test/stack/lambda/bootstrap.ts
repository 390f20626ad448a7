/** Runs under Node 24 as Lambda's own runtime does: loads the handler once, then asks for one event after the other. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER, AWS_LAMBDA_FUNCTION_NAME } = process.env as {
  AWS_LAMBDA_RUNTIME_API: string;
  LAMBDA_TASK_ROOT: string;
  _HANDLER: string;
  AWS_LAMBDA_FUNCTION_NAME: string;
};
const api = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

const post = (resource: string, body: unknown) =>
  fetch(`${api}/${resource}`, { method: 'POST', body: JSON.stringify(body ?? null) });

const asError = (thrown: unknown) => {
  const { name, message, stack = '' } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
};

async function loadHandler(): Promise<Handler> {
  const [file, name] = _HANDLER.split('.') as [string, string];
  const loaded = (await import(pathToFileURL(path.join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href)) as Record<
    string,
    Handler
  >;
  return loaded[name] as Handler;
}

const handler = await loadHandler().catch(async (thrown: unknown) => {
  await post('init/error', asError(thrown));
  process.exit(1);
});

for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const requestId = next.headers.get('lambda-runtime-aws-request-id') as string;
  const deadline = Number(next.headers.get('lambda-runtime-deadline-ms'));
  const context = {
    awsRequestId: requestId,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    await post(`invocation/${requestId}/response`, await handler(await next.json(), context));
  } catch (thrown) {
    await post(`invocation/${requestId}/error`, asError(thrown));
  }
}
