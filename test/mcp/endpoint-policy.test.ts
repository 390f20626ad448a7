import { describe, expect, test } from '@jest/globals';
import { checkEndpoint, isAllowedAddress } from '../../lib/mcp/endpoint-policy.ts';

const FORBIDDEN = expect.objectContaining({ code: 'MCP_ENDPOINT_FORBIDDEN' });

/** Endpoints whose host is an address that is special everywhere, or that are forbidden for what else they say. */
const forbidden = [
  // The metadata service of AWS, in the notations of IPv4 and inside those of IPv6.
  'http://169.254.169.254/latest/meta-data/',
  'https://169.254.169.254/',
  'http://169.254.169.254./',
  'http://169.254.43518/',
  'http://169.16689662/',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0xA9.0xFE.0xA9.0xFE/',
  'http://0251.0376.0251.0376/',
  'http://025177524776/',
  'http://0251.254.0xa9fe/',
  'http://169.254.169.254:80/',
  'http://169。254。169。254/',
  'http://１６９.２５４.１６９.２５４/',
  'http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/',
  'http://%31%36%39.254.169.254/',
  'http:\\\\169.254.169.254\\latest',
  'http:169.254.169.254',
  ' http://169.254.169.254/\n',
  'http://169.2\t54.169.254/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[0:0:0:0:0:ffff:169.254.169.254]/',
  'http://[::169.254.169.254]/',
  'http://[::ffff:0:169.254.169.254]/',
  'http://[64:ff9b::169.254.169.254]/',
  'http://[64:ff9b:1::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://[2001:0:a9fe:a9fe::]/',
  'http://[2606:4700::5efe:a9fe:a9fe]/',
  'http://[2606:4700::200:5efe:169.254.169.254]/',
  'http://[fd00:ec2::254]/',
  // Those of other platforms.
  'http://100.100.100.200/',
  'http://192.0.0.192/',
  'http://168.63.129.16/',
  'http://169.254.170.2/v2/credentials',
  // Private, shared, reserved.
  'http://10.0.0.1/',
  'http://10.255.255.255:8080/mcp',
  'http://0x0a000001/',
  'http://172.16.0.1/',
  'http://172.31.255.254/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://100.127.255.255/',
  'http://0.0.0.0/',
  'http://0/',
  'http://0.1.2.3/',
  'http://192.0.0.1/',
  'http://192.0.2.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://198.18.0.1/',
  'http://198.19.255.255/',
  'http://192.88.99.1/',
  'http://224.0.0.1/',
  'http://239.255.255.250/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::2]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[::ffff:8.8.8.8]/',
  'http://[::8.8.8.8]/',
  'http://[64:ff9b::8.8.8.8]/',
  'http://[2002:808:808::1]/',
  'http://[fc00::1]/',
  'http://[fdff:ffff::1]/',
  'http://[fe80::1]/',
  'http://[febf::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[ff0e::1]/',
  'http://[100::1]/',
  'http://[2001:2::1]/',
  'http://[2001:10::1]/',
  'http://[2001:20::1]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[5f00::1]/',
  'http://[4000::1]/',
  'http://[200::1]/',
  // Not http(s).
  'ftp://8.8.8.8/',
  'file:///etc/passwd',
  'gopher://8.8.8.8/_x',
  'data:text/plain,x',
  'ws://8.8.8.8/',
  'blob:http://8.8.8.8/x',
  'javascript:alert(1)',
  'unix:/var/run/docker.sock',
  // Credentials.
  'http://user@8.8.8.8/',
  'http://:word@example.com/',
  'https://user:word@example.com/mcp',
  'http://example.com%40@8.8.8.8/',
];

/** Endpoints on this machine: forbidden, but on one machine. */
const loopback = [
  'http://127.0.0.1/',
  'http://127.0.0.1./',
  'http://127.1/',
  'http://127.0.1/',
  'http://127.255.255.254/',
  'http://0x7f.1/',
  'http://0x7f000001/',
  'http://0X7F.0.0.0X1/',
  'http://2130706433/',
  'http://0177.0.0.1/',
  'http://017700000001/',
  'http://00000177.0.0.1/',
  'http://①②⑦.⓪.⓪.①/',
  'http://１２７。０。０。１/',
  'http://127%2e0%2e0%2e1/',
  'http:127.0.0.1/',
  'https:/\\127.0.0.1',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[0000::0.0.0.1]/',
];
/** Of this machine too, but in no form that a server on it has. */
const loopbackInDisguise = [
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/',
  'http://[::ffff:0:127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://0.0.0.0/',
  'http://[::]/',
];

const allowed: Record<string, string> = {
  'http://example.com/mcp': 'http://example.com/mcp',
  'https://EXAMPLE.com:443/mcp?x=1': 'https://example.com/mcp?x=1',
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
      return checkEndpoint(endpoint, policy);
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

  test('is needed', () => {
    expect(() => checkEndpoint(undefined, { loopback: true })).toThrow('endpoint: is needed');
  });

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
