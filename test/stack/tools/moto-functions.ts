import path from 'node:path';
import type { FunctionName } from '../../../cdk/function-rows.ts';
import { bundlesOfRun } from '../lambda/bundles-of-run.ts';
import { FunctionInstance } from '../lambda/function-instance.ts';
import { functionResources, newApp, type Resource } from '../synth.ts';

type InstancesByName = Partial<Record<FunctionName, FunctionInstance>>;

/** The bundles as the template configures them, with what moto made under the physical ids that it gave. */
export class MotoFunctions {
  private readonly instances: InstancesByName;

  private constructor(instances: InstancesByName) {
    this.instances = instances;
  }

  static async start(url: string, ids: Record<string, string>, directory: string): Promise<MotoFunctions> {
    const bundles = await bundlesOfRun();
    const instances: InstancesByName = {};
    const physical = {
      TABLE_NAME: ids.SessionTable ?? '',
      FILE_SYSTEM_ID: ids.WorkspaceFileSystem ?? '',
      SECRETS_KMS_KEY_ID: ids.SecretsKey ?? '',
      WORKSPACE_ROOT: path.join(directory, 'workspaces'),
    };
    const resources = Object.entries(functionResources(newApp().stack)) as [FunctionName, Resource][];
    for (const [name, { Properties }] of resources) {
      const { Variables } = Properties.Environment as unknown as { Variables: Record<string, string> };
      const own = Object.entries(physical).filter(([variable]) => variable in Variables);
      instances[name] = await FunctionInstance.start({
        name,
        directory: bundles[name],
        handler: String(Properties.Handler),
        timeoutSeconds: Number(Properties.Timeout),
        memoryMb: Number(Properties.MemorySize),
        variables: {
          ...Variables,
          ...Object.fromEntries(own),
          DYNAMODB_ENDPOINT: url,
          AWS_ENDPOINT_URL: url,
          MCP_ALLOW_LOOPBACK: 'true',
        },
      });
    }
    return new MotoFunctions(instances);
  }

  async invoke(name: FunctionName, event: unknown): Promise<unknown> {
    const outcome = await this.instances[name]?.invoke(event);
    if (outcome && 'answer' in outcome) return outcome.answer;
    throw new Error(`${name} failed: ${JSON.stringify(outcome)}`);
  }

  /** What the operation gives. */
  async call<T>(name: FunctionName, operation: string, input: object): Promise<T> {
    const answer = (await this.invoke(name, { operation, input })) as { ok: boolean; output: T };
    if (!answer.ok) throw new Error(`${operation} failed: ${JSON.stringify(answer)}`);
    return answer.output;
  }

  async stop(): Promise<void> {
    for (const instance of Object.values(this.instances)) await instance.stop();
  }
}
