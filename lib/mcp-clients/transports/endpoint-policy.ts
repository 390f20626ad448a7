import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { McpEndpointForbiddenError } from '../../errors.ts';

/** Which addresses may be connected to. */
export interface AddressPolicy {
  /** Whether this machine itself may be: on one machine only. */
  loopback: boolean;
}

/** All that IANA has given out for the public; what lies outside is special, or not yet anything. */
const PUBLIC_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** In a public range, and yet answered by the machine's own host. */
const PLATFORM_HOSTS = ['168.63.129.16'];

/**
 * Throws `McpEndpointForbiddenError` for a URL that must not be requested. A host that is an address is judged here, in
 * whatever notation it comes: `URL` makes `127.0.0.1` of `0x7f.1`, `2130706433` and `①②⑦。1`. A name is judged by what
 * it resolves to, at the moment of connecting.
 */
export function checkUrl(url: URL, policy: AddressPolicy): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new McpEndpointForbiddenError('is not http(s)');
  if (url.username !== '' || url.password !== '') throw new McpEndpointForbiddenError('carries credentials');
  checkHost(url.hostname, policy);
}

/** Throws `McpEndpointForbiddenError` for a host that is an address which must not be connected to. */
export function checkHost(host: string, policy: AddressPolicy): void {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && !isAllowedAddress(address, policy)) throw specialAddress();
}

/** Does not contain the address: callers must not learn what an internal name resolves to. */
export function specialAddress(): McpEndpointForbiddenError {
  return new McpEndpointForbiddenError('has an address that is private or otherwise special');
}

/**
 * Whether an address, as a resolver gives it, is a public one. Everything else is refused: private, link-local,
 * metadata, multicast and reserved ranges, and those of IPv6 that carry an IPv4 address (mapped, compatible, NAT64,
 * 6to4, Teredo, ISATAP), whatever address they carry.
 */
export function isAllowedAddress(address: string, { loopback }: AddressPolicy): boolean {
  // A zone (`fe80::1%eth0`) only goes with what is not public, and the shorthands of IPv4 come from no resolver.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === 'loopback') return loopback;
  if (range !== 'unicast' || PLATFORM_HOSTS.includes(address)) return false;
  return parsed instanceof ipaddr.IPv6 ? parsed.match(PUBLIC_V6) && !isIsatap(parsed) : true;
}

/** An interface identifier of ISATAP (RFC 5214), which ends in an IPv4 address. */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe;
}
