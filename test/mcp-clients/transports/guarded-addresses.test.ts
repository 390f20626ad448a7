import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { CONNECTION, FORBIDDEN, GuardedStage, HERE, v4, v6 } from './guarded-stage.ts';

let own: GuardedStage;
beforeAll(async () => {
  own = await GuardedStage.start();
});
beforeEach(() => own.reset());
afterEach(() => own.destroyFetches());
afterAll(() => own.stop());

describe('on one machine', () => {
  test.each(['127.0.0.1', '127.1', '0x7f.1', '2130706433', '017700000001', '①②⑦.⓪.⓪.①'])(
    '%s is connected to, and is refused elsewhere before it is',
    async (host) => {
      expect(await (await own.guarded()(own.at(host))).text()).toBe('here');
      const connections = own.server.connections();
      await expect(own.guarded({ loopback: false })(own.at(host))).rejects.toMatchObject(FORBIDDEN);
      expect(own.server.connections()).toBe(connections);
      expect(own.lookups).toEqual([]);
    },
  );

  test('names of this machine are connected to, and are refused elsewhere before they are', async () => {
    own.names = { localhost: [[HERE]], 'own.example': [[HERE]], 'dot.example.': [[HERE]] };
    for (const name of Object.keys(own.names)) expect((await own.guarded()(own.at(name))).status).toBe(200);
    const connections = own.server.connections();
    for (const name of Object.keys(own.names)) {
      await expect(own.guarded({ loopback: false })(own.at(name))).rejects.toMatchObject(FORBIDDEN);
    }
    expect(own.server.connections()).toBe(connections);
  });

  test('the resolver of the system is asked where there is no other', async () => {
    expect((await own.guarded({ lookup: undefined })(own.at('localhost'))).status).toBe(200);
    await expect(own.guarded({ lookup: undefined, loopback: false })(own.at('localhost'))).rejects.toMatchObject(
      FORBIDDEN,
    );
  });
});

describe('a URL is refused', () => {
  test.each([
    'data:text/plain,x',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'blob:nodedata:x',
    'http://user:word@127.0.0.1/',
    'http://user@some.example/',
    'http://169.254.169.254/',
    'http://0xa9fea9fe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
  ])('%s', async (url) => {
    await expect(own.guarded()(url)).rejects.toMatchObject(FORBIDDEN);
    expect(own.lookups).toEqual([]);
  });

  test('that is none, as a failed connection', async () => {
    await expect(own.guarded()('nowhere')).rejects.toMatchObject(CONNECTION);
  });
});

describe('a name is refused', () => {
  const hostile: Record<string, LookupAddress[]> = {
    'metadata service': [v4('169.254.169.254')],
    'metadata service in IPv6': [v6('fd00:ec2::254')],
    'metadata service, mapped': [v6('::ffff:169.254.169.254')],
    'metadata service, mapped in hexadecimal': [v6('::ffff:a9fe:a9fe')],
    'metadata service, by NAT64': [v6('64:ff9b::a9fe:a9fe')],
    'metadata service, by 6to4': [v6('2002:a9fe:a9fe::')],
    'credentials of a container': [v4('169.254.170.2')],
    'this machine, mapped': [v6('::ffff:127.0.0.1')],
    'this machine, compatible': [v6('::127.0.0.1')],
    'any address': [v4('0.0.0.0')],
    'any address in IPv6': [v6('::')],
    'private network 10/8': [v4('10.0.0.5')],
    'private network 172.16/12': [v4('172.20.0.5')],
    'private network 192.168/16': [v4('192.168.0.5')],
    'shared network': [v4('100.64.0.5')],
    'unique local network': [v6('fd12::1')],
    'link-local network': [v6('fe80::1')],
    'link-local network with a zone': [v6('fe80::1%lo')],
    'this machine with a zone': [v6('::1%lo')],
    broadcast: [v4('255.255.255.255')],
    multicast: [v4('224.0.0.251')],
    'what is no address': [v4('127.1')],
    'a good address and a bad one': [HERE, v4('10.0.0.5')],
    'a bad address and a good one': [v4('10.0.0.5'), HERE],
    'many good addresses and a bad one': [HERE, v6('::1'), v4('127.0.0.2'), v6('fe80::1')],
  };
  test.each(Object.entries(hostile))('that leads to %s', async (_what, addresses) => {
    own.names = { 'some.example': [addresses] };
    const connections = own.server.connections();
    for (const loopback of [true, false]) {
      const refusal: unknown = await own
        .guarded({ loopback })(own.at('some.example'))
        .catch((thrown: unknown) => thrown);
      expect(refusal).toMatchObject({ ...FORBIDDEN, name: 'McpEndpointForbiddenError' });
      expect((refusal as Error).message).not.toContain(addresses[0]?.address);
    }
    expect(own.server.connections()).toBe(connections);
  });

  test('over https too', async () => {
    own.names = { 'some.example': [[v4('169.254.169.254')]] };
    await expect(own.guarded()('https://some.example/')).rejects.toMatchObject(FORBIDDEN);
    await expect(own.guarded()('https://169.254.169.254/')).rejects.toMatchObject(FORBIDDEN);
  });

  test('that leads elsewhere when it is connected to again', async () => {
    own.names = { 'some.example': [[HERE], [v4('169.254.169.254')]] };
    const fetch = own.guarded();
    expect(await (await fetch(own.at('some.example'))).text()).toBe('here');
    own.server.hangUp();
    await sleep(50);
    await expect(fetch(own.at('some.example'))).rejects.toMatchObject(FORBIDDEN);
    expect(own.lookups).toEqual(['some.example', 'some.example']);
  });

  test('that has no address, as a failed connection', async () => {
    await expect(own.guarded()(own.at('none.example'))).rejects.toMatchObject(CONNECTION);
  });
});

describe('a name is resolved once', () => {
  test('for a connection, which goes to the address that was judged', async () => {
    own.names = { 'some.example': [[HERE], [v4('169.254.169.254')]] };
    expect(await (await own.guarded()(own.at('some.example'))).text()).toBe('here');
    expect(own.lookups).toEqual(['some.example']);
  });

  test('while a connection to the address that was judged is open', async () => {
    own.names = { 'some.example': [[HERE], [v4('169.254.169.254')]] };
    const fetch = own.guarded();
    const connections = own.server.connections();
    for (let count = 0; count < 3; count++) {
      expect(await (await fetch(own.at('some.example'))).text()).toBe('here');
      // A socket is ready for more a moment after an own.answer.
      await sleep(20);
    }
    expect(own.server.connections()).toBe(connections + 1);
    expect(own.lookups).toEqual(['some.example']);
  });
});
