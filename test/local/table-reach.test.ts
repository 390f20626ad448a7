import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { warningOfReach } from '../../local/table-reach.ts';
import { launch } from './local-server.ts';

const hasNetwork = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ internal, family }) => !internal && family === 'IPv4'),
);

/** What is said of a server that listens there. */
async function warningAt(host: string): Promise<string | undefined> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  try {
    return await warningOfReach(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

/** Nothing said that DynamoDB Local listens on all interfaces, and that whoever reaches it changes all sessions. */
describe('that others may reach the table', () => {
  test('is said where its port is open beyond loopback, with what to do, and not where it is not', async () => {
    expect(await warningAt('127.0.0.1')).toBeUndefined();
    const warning = await warningAt('0.0.0.0');
    if (hasNetwork) expect(warning).toMatch(/^Warning: the table's port can be reached at \S+:\d+, .* firewall .*\.$/);
    else expect(warning).toBeUndefined();
  });

  test('is said of an endpoint on another machine, and not of one on AWS', async () => {
    expect(await warningOfReach('http://192.0.2.1:8000')).toContain('can be reached at 192.0.2.1:8000');
    expect(await warningOfReach('https://dynamodb.eu-central-1.amazonaws.com')).toBeUndefined();
  });

  test('is a line of the start', async () => {
    const program = await launch();
    const expected = hasNetwork ? /^Warning: the table's port can be reached at .+$/m : /^Its table is at .+$/m;
    await program.untilPrinted(expected, 60_000);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  }, 120_000);
});
