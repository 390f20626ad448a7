import { ConfigError } from '../lib/configuration.ts';
import { sessionManagerApp } from './session-manager-app.ts';
import { StackConfigError } from './stack-config.ts';

try {
  sessionManagerApp();
} catch (thrown) {
  if (!(thrown instanceof StackConfigError || thrown instanceof ConfigError)) throw thrown;
  console.error(thrown.message);
  process.exitCode = 1;
}
