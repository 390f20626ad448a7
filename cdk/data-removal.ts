import { RemovalPolicy } from 'aws-cdk-lib';
import type { StackConfig } from './stack-config.ts';

/**
 * For data that is kept once its stack exists. Where the first deployment fails there is none yet: what it made goes with
 * it, and the next one starts from nothing.
 */
export const onceCreated = (dataRemoval: StackConfig['dataRemoval']): RemovalPolicy =>
  dataRemoval === 'retain' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
