/**
 * All stacks: `npx cdk synth --app "node --import tsx cdk/examples/app.ts"`. The one that reads a workspace is among
 * them with `-c example:accessPointId=fsap-…`, the one that restores workspaces with `-c example:restoreAccessPointId=fsap-…`.
 */
import { App } from 'aws-cdk-lib';
import { SessionManagerStack } from '../session-manager-stack.ts';
import { readStackConfig } from '../stack-config.ts';
import { NightlyJobStack } from './nightly-job-stack.ts';
import { WorkspaceReaderStack } from './workspace-reader-stack.ts';
import { WorkspaceRestorerStack } from './workspace-restorer-stack.ts';

const app = new App();
const sessionManager = new SessionManagerStack(app, readStackConfig(app));
new NightlyJobStack(app, 'NightlyJob', { sessionManager });
const accessPointId: unknown = app.node.tryGetContext('example:accessPointId');
if (typeof accessPointId === 'string')
  new WorkspaceReaderStack(app, 'WorkspaceReader', { sessionManager, accessPointId });
const restoreAccessPointId: unknown = app.node.tryGetContext('example:restoreAccessPointId');
if (typeof restoreAccessPointId === 'string')
  new WorkspaceRestorerStack(app, 'WorkspaceRestorer', { sessionManager, accessPointId: restoreAccessPointId });
