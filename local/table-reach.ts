import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

const CONNECT_MS = 500;

/**
 * What is said on start where others than this machine's own programs may reach the table: it is served over HTTP without
 * credentials, and DynamoDB Local has no option to listen on loopback alone. Nothing where it is on loopback alone, or on AWS.
 */
export async function warningOfReach(endpoint: string): Promise<string | undefined> {
  const at = await addressBeyondLoopback(new URL(endpoint));
  if (at === undefined) return undefined;
  return (
    `Warning: the table's port can be reached at ${at}, and asks for no credentials. Unless a firewall keeps others out, ` +
    'they read and change all sessions. Block that port, or run this in a container with a network of its own.'
  );
}

async function addressBeyondLoopback({ protocol, hostname, port }: URL): Promise<string | undefined> {
  if (protocol !== 'http:') return undefined;
  const at = Number(port || 80);
  if (!isLoopback(hostname)) return `${hostname}:${at}`;
  const answers = await Promise.all(ownAddresses().map(async (host) => (await isOpen(host, at)) && shown(host, at)));
  return answers.find((answer) => answer !== false);
}

const isLoopback = (hostname: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** Those of one link only are left out: they cannot be connected to without naming the link, and others are beside them. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);

async function isOpen(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const shown = (host: string, port: number) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
