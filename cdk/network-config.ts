import ipaddr from 'ipaddr.js';
import * as z from 'zod';

/** The size of each subnet: 59 addresses for functions and mount targets. */
export const SUBNET_MASK = 26;
const SUBNET_ADDRESSES = 2 ** (32 - SUBNET_MASK);
/** The largest VPC. */
const SHORTEST_MASK = 16;

/** A zone's name, `eu-west-1a`: not its id, and no local zone, which has no Lambda. */
const ZONE_NAME = /^([a-z]{2,4}(?:-[a-z]+)+-\d)[a-z]$/;
const ZONES = 'must be 2 or 3, or the names of two or three zones of one region, such as eu-west-1a,eu-west-1b';

const zoneNames = z
  .union([z.string().transform((joined) => joined.split(',').map((name) => name.trim())), z.array(z.string())])
  .refine((names) => areDifferent(names) && names.every((name) => ZONE_NAME.test(name)) && areOfOneRegion(names), {
    error: ZONES,
    abort: true,
  });

const areDifferent = (names: string[]): boolean =>
  names.length >= 2 && names.length <= 3 && new Set(names).size === names.length;
const areOfOneRegion = (names: string[]): boolean => new Set(names.map(regionOfZone)).size === 1;

export const regionOfZone = (name: string): string => ZONE_NAME.exec(name)?.[1] ?? name;

const numberOfZones = z.coerce
  .number<number | string>()
  .int()
  .min(2, { error: ZONES, abort: true })
  .max(3, { error: ZONES, abort: true });

/** By number, zones are taken by their position in the account's list; by name, they stay where they are. */
export const availabilityZonesSchema = z.union([numberOfZones, zoneNames], { error: ZONES });

export type AvailabilityZones = z.infer<typeof availabilityZonesSchema>;

/** EC2 refuses them: 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 and 224.0.0.0/4. */
const NO_VPC = ['unspecified', 'loopback', 'linkLocal', 'multicast'];

export const vpcCidrSchema = z.cidrv4({ error: 'must be an IPv4 range such as 10.215.0.0/24', abort: true }).pipe(
  z
    .string()
    .refine((cidr) => startOf(cidr) === cidr.split('/')[0], {
      error: ({ input }) => `must begin where its block begins, at ${startOf(String(input))}`,
      abort: true,
    })
    .refine((cidr) => !NO_VPC.includes(kindOf(cidr)), {
      error: ({ input }) => `is of the kind ${kindOf(String(input))}, which no VPC can have`,
      abort: true,
    }),
);

/** What is wrong with a VPC of this size for that many zones, if anything. */
export function problemOfSize(vpcCidr: string, availabilityZones: AvailabilityZones): string | undefined {
  const mask = Number(vpcCidr.split('/')[1]);
  const zones = typeof availabilityZones === 'number' ? availabilityZones : availabilityZones.length;
  const longestMask = 32 - Math.ceil(Math.log2(zones * SUBNET_ADDRESSES));
  if (mask >= SHORTEST_MASK && mask <= longestMask) return undefined;
  return `must be between /${SHORTEST_MASK} and /${longestMask}: each of ${zones} zones has a subnet of /${SUBNET_MASK}`;
}

const startOf = (cidr: string): string => ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
const kindOf = (cidr: string): string => ipaddr.IPv4.parse(cidr.split('/')[0] ?? '').range();
