import { Fn, Token } from 'aws-cdk-lib';
import {
  CfnInternetGateway,
  CfnVPCCidrBlock,
  CfnVPCGatewayAttachment,
  PrivateSubnet,
  PublicSubnet,
  SubnetType,
  type CfnSubnet,
  type ISubnet,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { SUBNET_MASK, vpcCidrSchema } from './network-config.ts';
import { StackConfigError } from './stack-config.ts';
import type { WorkspaceNetwork } from './workspace-network.ts';

export interface GuestSubnetsProps {
  /** Of the session manager. */
  network: WorkspaceNetwork;
  /** A /24 that nothing else has, in the same private range as `vpcCidr`. */
  cidr: string;
  /** Whether guests reach the internet: a NAT gateway in one zone, about $33 a month and $0.045 a GB. */
  internet?: boolean;
}

const HOST_BITS = 32 - SUBNET_MASK;
/** One for each of up to three zones, and one for the NAT gateway. */
const PARTS = 4;

/**
 * Subnets for compute that mounts workspaces: agents, and whatever else is not of the session manager. Their route tables are
 * their own, so that a route of theirs is none of the functions', which have no way out.
 */
export class GuestSubnets extends Construct {
  readonly subnets: ISubnet[];

  constructor(scope: Construct, id: string, { network: { vpc }, cidr, internet = false }: GuestSubnetsProps) {
    super(scope, id);
    refuseOtherThan24(cidr);
    const block = new CfnVPCCidrBlock(this, 'Block', { vpcId: vpc.vpcId, cidrBlock: cidr });
    const place = (zone: string, part: number) => ({
      vpcId: vpc.vpcId,
      availabilityZone: zone,
      cidrBlock: Fn.select(part, Fn.cidr(cidr, PARTS, String(HOST_BITS))),
      mapPublicIpOnLaunch: false,
    });
    // The zones that have a mount target.
    const zones = vpc
      .selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED })
      .subnets.map(({ node }) => (node.defaultChild as CfnSubnet).attrAvailabilityZone);
    const subnets = zones.map((zone, index) => new PrivateSubnet(this, `Zone${index + 1}`, place(zone, index)));
    for (const subnet of subnets) subnet.node.addDependency(block);
    this.subnets = subnets;
    if (!internet) return;

    const gateway = new CfnInternetGateway(this, 'InternetGateway');
    const attachment = new CfnVPCGatewayAttachment(this, 'Attachment', {
      vpcId: vpc.vpcId,
      internetGatewayId: gateway.ref,
    });
    const outside = new PublicSubnet(this, 'Outside', place(zones[0] as string, PARTS - 1));
    outside.node.addDependency(block);
    outside.addDefaultInternetRoute(gateway.ref, attachment);
    const nat = outside.addNatGateway();
    for (const subnet of subnets) subnet.addDefaultNatRoute(nat.ref);
  }
}

function refuseOtherThan24(cidr: string): void {
  if (Token.isUnresolved(cidr) || (vpcCidrSchema.safeParse(cidr).success && cidr.endsWith('/24'))) return;
  throw new StackConfigError(`The cidr of guest subnets must be a /24 such as 10.216.0.0/24, and is ${cidr}.`);
}
