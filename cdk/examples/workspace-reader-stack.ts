import path from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { GuestSubnets } from '../guest-subnets.ts';
import type { SessionManagerStack } from '../session-manager-stack.ts';
import { MountedFunction } from './mounted-function.ts';

export interface WorkspaceReaderProps {
  sessionManager: SessionManagerStack;
  /** What `POST /sessions/{sessionId}/workspace-access` answered. */
  accessPointId: string;
  /** For a NAT gateway. */
  internet?: boolean;
}

/**
 * Other compute that works in one session's workspace. Its role may mount the file system by that session's access
 * point and by no other, and the access point leads to that session's directory and nowhere else. It is a guest of the
 * network, in subnets of its own.
 */
export class WorkspaceReaderStack extends Stack {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { sessionManager, accessPointId, internet }: WorkspaceReaderProps) {
    super(scope, id);
    const guests = new GuestSubnets(this, 'Guests', {
      network: sessionManager.network,
      cidr: '10.216.0.0/24',
      internet,
    });
    const reader = new MountedFunction(this, 'WorkspaceReader', {
      sessionManager,
      accessPointId,
      entry: path.join(import.meta.dirname, 'workspace-reader.ts'),
      description: 'Reads a workspace',
      timeout: Duration.minutes(1),
      subnets: guests.subnets,
    });
    this.function = reader.function;
  }
}
