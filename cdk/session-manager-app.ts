import { App, Validations, type AppProps } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { SessionManagerStack } from './session-manager-stack.ts';
import { readStackConfig } from './stack-config.ts';

/** The app with its one stack, as its context configures it. Synthesis fails on any finding of the security checks. */
export function sessionManagerApp(props: AppProps = {}): { app: App; stack: SessionManagerStack } {
  const app = new App(props);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack: new SessionManagerStack(app, readStackConfig(app)) };
}
