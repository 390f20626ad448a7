import { Annotations, Fn, Stack, Token } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { dynamoDbActionsInVpc } from './function-rows.ts';
import { newLogGroup } from './log-group.ts';
import { regionOfZone, SUBNET_MASK, type AvailabilityZones } from './network-config.ts';
import { StackConfigError, type StackConfig } from './stack-config.ts';

/**
 * Isolated subnets, in which functions mount the file system. No internet, no NAT, no interface endpoint: the only way
 * out is the DynamoDB gateway endpoint, which is free and leads to the session table alone.
 */
export class WorkspaceNetwork extends Construct {
  readonly vpc: Vpc;
  readonly functionSecurityGroup: SecurityGroup;
  readonly fileSystemSecurityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, config: StackConfig, table: ITable) {
    super(scope, id);
    checkZones(this, config.availabilityZones);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(config.vpcCidr),
      availabilityZones: zonesOf(config.availabilityZones),
      natGateways: 0,
      subnetConfiguration: [{ name: 'Isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: SUBNET_MASK }],
      // Emptying it takes a custom resource; nothing here is a member of it, so its rules let nobody through.
      restrictDefaultSecurityGroup: false,
    });
    this.vpc.addFlowLog('RefusedTraffic', {
      destination: FlowLogDestination.toCloudWatchLogs(newLogGroup(this, 'FlowLogs', config)),
      trafficType: FlowLogTrafficType.REJECT,
    });
    this.addDynamoDbEndpoint(table);

    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc: this.vpc, description, allowAllOutbound: false });
    this.functionSecurityGroup = group('FunctionSecurityGroup', 'Functions that mount the workspaces');
    this.fileSystemSecurityGroup = group('FileSystemSecurityGroup', 'The workspaces');
    this.functionSecurityGroup.connections.allowTo(this.fileSystemSecurityGroup, Port.tcp(2049), 'NFS');
    // The route table narrows this to DynamoDB: it has no other route out. A prefix list id would need a lookup.
    this.functionSecurityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'DynamoDB through its gateway endpoint');
  }

  private addDynamoDbEndpoint(table: ITable): void {
    const endpoint = this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    endpoint.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: dynamoDbActionsInVpc,
        resources: [table.tableArn, `${table.tableArn}/index/*`],
        conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
      }),
    );
  }
}

/** Without names by position, so that synth asks no account for them. */
const zonesOf = (zones: AvailabilityZones): string[] =>
  typeof zones === 'number' ? Array.from({ length: zones }, (_, zone) => Fn.select(zone, Fn.getAzs())) : zones;

/** Refuses where the app names the stack's region. Else the command line's own is the likely one, and it warns. */
function checkZones(scope: Construct, zones: AvailabilityZones): void {
  if (typeof zones === 'number') return;
  const { region: named } = Stack.of(scope);
  const isNamed = !Token.isUnresolved(named);
  const region = isNamed ? named : process.env.CDK_DEFAULT_REGION;
  const elsewhere = zones.filter((zone) => region !== undefined && regionOfZone(zone) !== region);
  if (elsewhere.length === 0) return;
  const message = `availabilityZones: ${elsewhere.join(', ')} are not in ${region}, `;
  if (isNamed) throw new StackConfigError(`${message}the stack's region.`);
  Annotations.of(scope).addWarningV2(
    'agent-session-manager:zones-of-elsewhere',
    `${message}the region of the CDK's command line. A deployment there fails.`,
  );
}
