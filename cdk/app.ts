import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ConfigError } from '../lib/config.ts';
import { SessionManagerStack } from './session-manager-stack.ts';
import { readStackConfig, StackConfigError } from './stack-config.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
try {
  new SessionManagerStack(app, readStackConfig(app));
} catch (thrown) {
  if (!(thrown instanceof StackConfigError || thrown instanceof ConfigError)) throw thrown;
  console.error(thrown.message);
  process.exit(1);
}
