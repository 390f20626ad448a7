import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Template } from 'aws-cdk-lib/assertions';
import { NightlyJobStack } from '../../cdk/examples/nightly-job-stack.ts';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { Deployment } from './lambda/deployment.ts';
import { FunctionInstance } from './lambda/function-instance.ts';
import { serveInvocations } from './lambda/invoke-api.ts';
import { newApp, resourcesOf } from './synth.ts';

/** Its own function: those of the session manager have been bundled for the deployment. */
const OWN_BUNDLE = { 'aws:cdk:bundling-stacks': ['Job'], 'aws:cdk:enable-asset-metadata': true };

/** The example's Lambda and those of the session manager, all as synthesized, each in a process of its own. */
describe('the example', () => {
  let deployment: Deployment;
  let job: FunctionInstance;
  let api: Awaited<ReturnType<typeof serveInvocations>>;

  beforeAll(async () => {
    deployment = await Deployment.start({ maxSessions: 1 });
    api = await serveInvocations([deployment.of('lifecycle').instance, deployment.of('records').instance]);
    const { app, stack, outdir } = newApp(OWN_BUNDLE);
    const example = new NightlyJobStack(app, 'Job', { sessionManager: stack });
    const logicalId = example.getLogicalId(example.function.node.defaultChild as CfnFunction);
    const { Metadata, Properties } = resourcesOf(Template.fromStack(example))[logicalId] ?? {};
    job = await FunctionInstance.start({
      name: 'nightly-job',
      directory: path.join(outdir, Metadata?.['aws:asset:path'] as string),
      handler: String(Properties?.Handler),
      timeoutSeconds: 60,
      memoryMb: 128,
      variables: {
        AWS_ENDPOINT_URL_LAMBDA: api.url,
        [functionVariable('lifecycle')]: 'lifecycle',
        [functionVariable('records')]: 'records',
      },
    });
  }, 600_000);
  afterAll(async () => {
    await job.stop();
    api.stop();
    await deployment.stop();
  });

  test('creates a session, works in it, and ends it: its seat is free for the next run', async () => {
    for (const runId of ['monday', 'tuesday']) {
      const outcome = await job.invoke({ userId: 'alice', orgId: 'acme', runId });
      if (!('answer' in outcome)) throw new Error(JSON.stringify(outcome));
      const answer = outcome.answer as { workspacePath: string };
      expect(path.relative(deployment.workspaceRoot, answer.workspacePath)).toMatch(/^alice\/[0-9a-f-]{36}$/);
      expect(existsSync(answer.workspacePath)).toBe(false);
    }
  });

  test('sees the errors of the session manager as its own', async () => {
    const outcome = await job.invoke({ userId: '', orgId: 'acme', runId: 'wednesday' });
    expect(outcome).toMatchObject({ error: { errorType: 'InvalidUserIdError' } });
  });
});
