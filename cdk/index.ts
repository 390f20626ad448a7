/** For a CDK app of your own: the stack, its configuration, and what others need of it. */
export type { ApiFunction as Group } from '../lib/operations/operation.ts';
export type { SessionEventType } from '../lib/telemetry/events/session-event.ts';
export type { FunctionName } from './function-rows.ts';
export { GuestSubnets, type GuestSubnetsProps } from './guest-subnets.ts';
export type { SessionEventBus } from './session-event-bus.ts';
export type { SessionFunction } from './session-function.ts';
export { SessionManagerStack } from './session-manager-stack.ts';
export {
  readStackConfig,
  stackConfig,
  StackConfigError,
  type StackConfig,
  type StackSettings,
} from './stack-config.ts';
export type { WorkspaceFileSystem } from './workspace-file-system.ts';
export type { WorkspaceNetwork } from './workspace-network.ts';
