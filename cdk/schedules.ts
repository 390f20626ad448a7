import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { PING_EVENT, RECONCILE_EVENT, SCHEDULED_EVENT } from '../lib/api/scheduled-event.ts';
import { idOfFunction } from './function-rows.ts';
import type { StackConfig } from './stack-config.ts';

export type ScheduledFunctions = Readonly<Record<'cleanup' | 'access' | 'lifecycle' | 'workspace', LambdaFunction>>;

interface ScheduleRow {
  id: string;
  groupName?: string;
  description: string;
  rate: Duration;
  target: LambdaFunction;
  /** Of the role by which the scheduler calls the target. */
  roleId: string;
  /** What the target gets. */
  event?: object;
}

const RETRIES = 2;
/** A run that could not start within this time is the next run's. */
const MAX_AGE = Duration.hours(1);

/** Runs what must run by itself. Two runs at once are harmless; one that is lost ends up in `deadLetters`. */
export class Schedules extends Construct {
  readonly deadLetters: Queue;
  /** The group of the cleanup's schedule alone: the scheduler measures groups. */
  readonly cleanupGroup: string;
  readonly cleanupSchedule: CfnSchedule;

  constructor(scope: Construct, id: string, config: StackConfig, functions: ScheduledFunctions) {
    super(scope, id);
    const { cleanup, access } = functions;
    this.deadLetters = this.newDeadLetterQueue();
    for (const target of [cleanup, access]) this.keepFailedRuns(target);
    this.cleanupGroup = new CfnScheduleGroup(this, 'CleanupGroup').ref;
    this.cleanupSchedule = this.add({
      id: 'Cleanup',
      groupName: this.cleanupGroup,
      description: 'Ends inactive sessions and empties the trash',
      rate: Duration.minutes(config.cleanupIntervalMinutes),
      target: cleanup,
      roleId: 'Role',
    });
    this.add({
      id: 'Reconcile',
      description: 'Compares counters, sessions and directories, and changes nothing',
      rate: Duration.days(1),
      target: cleanup,
      roleId: 'ReconcileRole',
      event: RECONCILE_EVENT,
    });
    this.add({
      id: 'AccessCheck',
      description: 'Removes access points that no session has any more',
      rate: Duration.days(1),
      target: access,
      roleId: 'AccessRole',
    });
    // The other functions in the VPC. AWS removes the network of a function without calls for weeks, and its next call fails.
    for (const name of ['lifecycle', 'workspace'] as const) {
      const id = idOfFunction(name);
      this.add({
        id: `${id}Ping`,
        description: `Keeps ${name} from becoming inactive`,
        rate: Duration.days(1),
        target: functions[name],
        roleId: `${id}Role`,
        event: PING_EVENT,
      });
    }
  }

  private add({ id, groupName, description, rate, target, roleId, event = SCHEDULED_EVENT }: ScheduleRow): CfnSchedule {
    const role = this.newSchedulerRole(roleId, target);
    const schedule = new CfnSchedule(this, id, {
      groupName,
      description,
      scheduleExpression: ScheduleExpression.rate(rate).expressionString,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(event),
        retryPolicy: { maximumRetryAttempts: RETRIES, maximumEventAgeInSeconds: MAX_AGE.toSeconds() },
        deadLetterConfig: { arn: this.deadLetters.queueArn },
      },
    });
    // A rate begins with a run at once, which needs the role's policy and not only the role.
    schedule.node.addDependency(role);
    return schedule;
  }

  private newDeadLetterQueue(): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue: nothing consumes it but people, whom an alarm calls.',
    });
    return queue;
  }

  /** The scheduler's own queue has only what it could not hand over; Lambda runs the rest, and retries it. */
  private keepFailedRuns(target: LambdaFunction): void {
    target.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
    );
    target.configureAsyncInvoke({
      retryAttempts: RETRIES,
      maxEventAge: MAX_AGE,
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    });
  }

  private newSchedulerRole(id: string, target: LambdaFunction): Role {
    const role = new Role(this, id, {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    const allow = (action: string, resource: string) =>
      role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
    allow('lambda:InvokeFunction', target.functionArn);
    allow('sqs:SendMessage', this.deadLetters.queueArn);
    return role;
  }
}
