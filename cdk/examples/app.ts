/**
 * All stacks: `npx cdk synth --app "node --import tsx cdk/examples/app.ts"`. The one that reads a workspace is among
 * them with `-c example:accessPointId=fsap-…`.
 */
import { App } from 'aws-cdk-lib';
import { SessionManagerStack } from '../session-manager-stack.ts';
import { readStackConfig } from '../stack-config.ts';
import { NightlyJobStack } from './nightly-job-stack.ts';
import { WorkspaceReaderStack } from './workspace-reader-stack.ts';

const app = new App();
const sessionManager = new SessionManagerStack(app, readStackConfig(app));
new NightlyJobStack(app, 'NightlyJob', { sessionManager });
const accessPointId: unknown = app.node.tryGetContext('example:accessPointId');
if (typeof accessPointId === 'string')
  new WorkspaceReaderStack(app, 'WorkspaceReader', { sessionManager, accessPointId });
