import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { node24 } from './node24.ts';
import { RuntimeApi, type Outcome } from './runtime-api.ts';

/** What Lambda is told of a function. */
export interface FunctionCode {
  name: string;
  /** The directory of its asset. */
  directory: string;
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  variables: Record<string, string>;
}

/** Lambda's own variables; the account is nobody's. */
const lambdaVariables = ({ name, directory, handler, memoryMb }: FunctionCode) => ({
  _HANDLER: handler,
  LAMBDA_TASK_ROOT: directory,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_SESSION_TOKEN: 'local',
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_FORMAT: 'JSON',
  TZ: ':UTC',
});

/** One instance of a function: a Node 24 process that has its bundle, its variables and nothing else of this project. */
export class FunctionInstance {
  readonly name: string;
  private readonly api: RuntimeApi;
  private readonly child: ChildProcess;
  private written = '';

  private constructor(name: string, api: RuntimeApi, child: ChildProcess) {
    this.name = name;
    this.api = api;
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.written += chunk.toString()));
    }
    child.once('exit', (code) => api.abort(`the function's process ended with ${code}: ${this.written}`));
  }

  static async start(code: FunctionCode): Promise<FunctionInstance> {
    const api = new RuntimeApi(code.timeoutSeconds);
    const address = await api.start();
    const child = spawn(node24(), [path.join(import.meta.dirname, 'bootstrap.ts')], {
      cwd: code.directory,
      env: { ...lambdaVariables(code), AWS_LAMBDA_RUNTIME_API: address, ...code.variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new FunctionInstance(code.name, api, child);
  }

  /** Everything that it wrote, as it goes to the log group. */
  get log(): string {
    return this.written;
  }

  invoke(event: unknown): Promise<Outcome> {
    return this.api.invoke(event);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.kill()) await once(this.child, 'exit');
    await this.api.stop();
  }
}
