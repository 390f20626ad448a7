import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction, TcpNetConnectOpts } from 'node:net';
import { buildConnector } from 'undici';
import { checkHost, isAllowedAddress, specialAddress, type AddressPolicy } from './endpoint-policy.ts';

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface ConnectPolicy extends AddressPolicy {
  connectTimeoutMs: number;
  lookup?: Lookup;
}

/**
 * Opens sockets to allowed addresses only. A name is resolved once, by `lookup`, and the socket goes to the very
 * addresses that were judged: nothing resolves it again in between. A socket that is kept alive stays with its address,
 * which was judged, also when the name has another one by then.
 */
export function checkedConnector({ connectTimeoutMs, lookup = resolve, ...policy }: ConnectPolicy) {
  const options: Partial<TcpNetConnectOpts> = { lookup: judging(lookup, policy) };
  const connect = buildConnector({ timeout: connectTimeoutMs, ...options });
  const checked: buildConnector.connector = (options, callback) => {
    // Addresses are not looked up.
    try {
      checkHost(options.hostname, policy);
    } catch (refusal) {
      return callback(refusal as Error, null);
    }
    return connect(options, callback);
  };
  return checked;
}

const resolve: Lookup = (hostname) => systemLookup(hostname, { all: true });

/**
 * Refuses a name if a single one of its addresses is not allowed. The others are not used instead: a public server has
 * no private address, so a name with both is an attack or a mistake, and which of them is connected to must not depend
 * on which answers first.
 */
function judging(lookup: Lookup, policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    const answer = async () => {
      const addresses = await lookup(hostname);
      const [first] = addresses;
      if (first === undefined) throw Object.assign(new Error('The name has no address.'), { code: 'ENOTFOUND' });
      if (!addresses.every(({ address }) => isAllowedAddress(address, policy))) throw specialAddress();
      return { all: [...addresses], first };
    };
    answer().then(
      ({ all, first }) => (options.all ? callback(null, all) : callback(null, first.address, first.family)),
      (failure: Error) => callback(failure, ''),
    );
  };
}
