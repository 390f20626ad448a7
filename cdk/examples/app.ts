/** Both stacks: `npx cdk synth --app "node --import tsx cdk/examples/app.ts"`. */
import { App } from 'aws-cdk-lib';
import { SessionManagerStack } from '../session-manager-stack.ts';
import { readStackConfig } from '../stack-config.ts';
import { NightlyJobStack } from './nightly-job-stack.ts';

const app = new App();
const sessionManager = new SessionManagerStack(app, readStackConfig(app));
new NightlyJobStack(app, 'NightlyJob', { sessionManager });
