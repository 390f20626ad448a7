import { describe, expect, test } from '@jest/globals';
import { checkUrl, isAllowedAddress } from '../../../lib/mcp-clients/transports/endpoint-policy.ts';
import { planOf } from '../../../lib/mcp-clients/mcp-client-config.ts';
import { forbidden, loopback, loopbackInDisguise } from './hostile-endpoints.ts';

const FORBIDDEN = expect.objectContaining({ code: 'MCP_ENDPOINT_FORBIDDEN' });

const allowed: Record<string, string> = {
  'http://example.com/mcp': 'http://example.com/mcp',
  'https://EXAMPLE.com:443/mcp?x=1': 'https://example.com/mcp',
  'https://bücher.example/mcp': 'https://xn--bcher-kva.example/mcp',
  'http://8.8.8.8:8080/mcp': 'http://8.8.8.8:8080/mcp',
  'http://134744072/': 'http://8.8.8.8/',
  'https://1.1.1.1/': 'https://1.1.1.1/',
  'http://172.15.255.255/': 'http://172.15.255.255/',
  'http://172.32.0.1/': 'http://172.32.0.1/',
  'http://100.63.255.255/': 'http://100.63.255.255/',
  'http://100.128.0.1/': 'http://100.128.0.1/',
  'http://198.17.255.255/': 'http://198.17.255.255/',
  'http://223.255.255.254/': 'http://223.255.255.254/',
  'https://[2606:4700:4700::1111]/mcp': 'https://[2606:4700:4700::1111]/mcp',
  'https://[2a00:1450:4001::200e]/': 'https://[2a00:1450:4001::200e]/',
  // What names resolve to is judged when they are connected to.
  'http://localhost:3000/mcp': 'http://localhost:3000/mcp',
  'http://metadata.google.internal/': 'http://metadata.google.internal/',
  'http://127.0.0.1.example.com/': 'http://127.0.0.1.example.com/',
};

describe('an endpoint', () => {
  const judged = (endpoint: string, policy: { loopback: boolean }): unknown => {
    try {
      const { address } = planOf({ id: 'x', type: 'http', endpoint });
      const { href } = new URL(address.type === 'stdio' ? '' : address.endpoint);
      checkUrl(new URL(href), policy);
      return href;
    } catch (thrown) {
      return thrown;
    }
  };

  test.each(forbidden)('%j is forbidden', (endpoint) => {
    expect(judged(endpoint, { loopback: false })).toEqual(FORBIDDEN);
    expect(judged(endpoint, { loopback: true })).toEqual(FORBIDDEN);
  });

  test.each(loopback)('%j is forbidden, but on one machine', (endpoint) => {
    expect(judged(endpoint, { loopback: false })).toEqual(FORBIDDEN);
    expect(judged(endpoint, { loopback: true })).toBe(new URL(endpoint).href);
  });

  test.each(loopbackInDisguise)('%j is forbidden on one machine too', (endpoint) => {
    expect(judged(endpoint, { loopback: false })).toEqual(FORBIDDEN);
    expect(judged(endpoint, { loopback: true })).toEqual(FORBIDDEN);
  });

  test.each(Object.entries(allowed))('%j is allowed', (endpoint, href) => {
    expect(judged(endpoint, { loopback: false })).toBe(href);
  });

  test.each(['', 'nowhere', 'http://', 'http://[::1', 'http://256.256.256.256/', 'http://[fe80::1%25eth0]/'])(
    '%j is malformed',
    (endpoint) => {
      expect(judged(endpoint, { loopback: true })).toMatchObject({ code: 'VALIDATION' });
    },
  );

  test('that is forbidden is not told by its address', () => {
    expect((judged('http://10.1.2.3/', { loopback: false }) as Error).message).not.toContain('10.1.2.3');
  });
});

describe('an address', () => {
  test.each(['8.8.8.8', '2606:4700:4700::1111', '2600:1f00::1'])('%s is allowed', (address) => {
    expect(isAllowedAddress(address, { loopback: false })).toBe(true);
  });

  test.each(['127.0.0.1', '127.9.9.9', '::1'])('%s is allowed on one machine', (address) => {
    expect(isAllowedAddress(address, { loopback: true })).toBe(true);
    expect(isAllowedAddress(address, { loopback: false })).toBe(false);
  });

  test.each([
    '',
    'localhost',
    '8.8',
    '0x08080808',
    '134744072',
    '2606:4700::1%eth0',
    '::1%lo',
    'fe80::1%1',
    '8.8.8.8 ',
  ])('%j is none that a resolver gives', (address) => {
    expect(isAllowedAddress(address, { loopback: true })).toBe(false);
  });
});
