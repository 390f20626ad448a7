import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newDirectory } from '../local/local-server.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { commandLine, type Surroundings } from './run-command-line.ts';

const PLAIN = 'http://sessions.invalid';
const SECURE = 'https://sessions.invalid';
const USAGE = '{"user":{"active":0,"limit":null}}';

describe('the command line', () => {
  const proxy = new RecordingProxy();
  let file: string;
  beforeAll(async () => {
    await proxy.start();
    file = path.join(await newDirectory(), 'file');
    await writeFile(file, '{"auth":{"type":"bearer","token":"of-the-mcp-server"}}');
  });
  beforeEach(() => {
    [proxy.received, proxy.tunnelled, proxy.status] = [[], [], 200];
    proxy.answer = (response) => void response.end(USAGE);
  });
  afterAll(() => proxy.close());

  const run = (args: string[], env: Record<string, string>, more: Surroundings = {}) =>
    commandLine(args, { ...more, env: { SESSION_MANAGER_USER: 'ada', SESSION_MANAGER_ORG: 'acme', ...env } });

  describe('sends its requests through the proxy that the environment names', () => {
    test.each([
      ['HTTP_PROXY', PLAIN, `GET ${PLAIN}/usage`],
      ['http_proxy', PLAIN, `GET ${PLAIN}/usage`],
      ['HTTPS_PROXY', SECURE, 'CONNECT sessions.invalid:443'],
      ['https_proxy', SECURE, 'CONNECT sessions.invalid:443'],
      ['HTTP_PROXY', SECURE, 'CONNECT sessions.invalid:443'],
    ])('%s, for %s', async (name, url, asked) => {
      const told = await run(['usage', '--url', url], { [name]: `http://${proxy.address}` });
      expect(proxy.asked).toContain(asked);
      if (url === PLAIN) expect(told).toMatchObject({ code: 0, stderr: '' });
    });

    test('however its address is written', async () => {
      for (const value of [proxy.address, `\uFEFFhttp://${proxy.address}/`]) {
        expect(await run(['usage', '--url', PLAIN], { HTTP_PROXY: value })).toMatchObject({ code: 0, stderr: '' });
      }
      expect(proxy.asked).toEqual(Array(2).fill(`GET ${PLAIN}/usage`));
    });

    test('and what goes through a tunnel is encrypted', async () => {
      await run(['usage', '--url', SECURE], { HTTPS_PROXY: proxy.address, SESSION_MANAGER_TOKEN: 'very.secret' });
      const [hello] = proxy.tunnelled;
      expect(hello?.[0]).toBe(0x16);
      expect(JSON.stringify(proxy.received) + Buffer.concat(proxy.tunnelled).toString('latin1')).not.toContain(
        'secret',
      );
    });

    test('files and events too', async () => {
      const env = { HTTP_PROXY: proxy.address };
      proxy.answer = (response) => void response.writeHead(204, { etag: '"1"' }).end();
      expect(await run(['files', 'put', 'x', file, 'to', '--url', PLAIN], env)).toMatchObject({ code: 0 });
      proxy.answer = (response) =>
        void response.writeHead(206, { etag: '"1"', 'content-range': 'bytes 0-2/3' }).end('abc');
      const got = await run(['files', 'get', 'x', 'to', '-', '--url', PLAIN], env);
      expect(got).toEqual({ code: 0, stdout: 'abc', stderr: '' });
      proxy.answer = (response) => void response.write('data: {"type":"some","time":"now"}\n\n');
      const watched = await run(['watch', '--count', '1', '--json', '--url', PLAIN], env);
      expect(watched).toMatchObject({ code: 0, stdout: '{"type":"some","time":"now"}\n' });
      expect(proxy.asked).toEqual([
        `PUT ${PLAIN}/sessions/x/files?path=to`,
        `GET ${PLAIN}/sessions/x/files?path=to`,
        `GET ${PLAIN}/events`,
      ]);
    });

    test('with its credentials, which no message repeats', async () => {
      const env = { HTTP_PROXY: `http://me:hidden@${proxy.address}`, HTTPS_PROXY: 'socks5://me:hidden@127.0.0.1:1' };
      await run(['usage', '--url', PLAIN], env);
      expect(proxy.received[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('me:hidden')}`);
      proxy.answer = (response) => void response.writeHead(407).end();
      const refused = await run(['usage', '--url', PLAIN], env);
      expect(refused).toMatchObject({ code: 6, stdout: '' });
      const wrong = await run(['usage', '--url', SECURE], env);
      expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('HTTPS_PROXY must be the address') });
      expect(refused.stderr + wrong.stderr).not.toContain('hidden');
    });

    test.each([
      ['me', 'me:'],
      ['me:100%25', 'me:100%'],
    ])('with the credentials %s', async (written, sent) => {
      await run(['usage', '--url', PLAIN], { HTTP_PROXY: `http://${written}@${proxy.address}` });
      expect(proxy.received[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa(sent)}`);
    });

    test.each(['http://me:100%@127.0.0.1:9', 'http://127.0.0.1:9/path', 'http://127.0.0.1:9/?query'])(
      'unless its address is no address of a proxy: %s',
      async (address) => {
        const told = await run(['usage', '--url', PLAIN], { HTTP_PROXY: address });
        expect(told).toMatchObject({ code: 2, stderr: expect.stringContaining('HTTP_PROXY must be the address') });
      },
    );

    test('but not to this computer, and not to what NO_PROXY names', async () => {
      const env = { HTTP_PROXY: '127.0.0.1:9', HTTPS_PROXY: '127.0.0.1:9' };
      for (const host of ['127.0.0.1', 'localhost']) {
        const url = `http://${proxy.address.replace('127.0.0.1', host)}`;
        expect(await run(['usage', '--url', url], env)).toMatchObject({ code: 0 });
      }
      for (const noProxy of ['sessions.invalid', 'other, .invalid', '*']) {
        for (const name of ['NO_PROXY', 'no_proxy']) {
          const told = await run(['usage', '--url', PLAIN], { HTTP_PROXY: proxy.address, [name]: noProxy });
          expect(told).toMatchObject({ code: 6, stderr: expect.stringContaining(`${PLAIN} does not answer: the`) });
        }
      }
      expect(proxy.asked).toEqual(['GET /usage', 'GET /usage']);
    });

    test.each([
      ['that is down', 0, 'nothing listens there'],
      ['that refuses', 502, '502'],
      ['that wants other credentials', 407, '407'],
    ])('and one %s is named in a sentence', async (_what, status, reason) => {
      const address = status === 0 ? '127.0.0.1:9' : proxy.address;
      proxy.status = status;
      for (const [name, url] of [
        ['HTTPS_PROXY', SECURE],
        ...(status === 0 ? ([['HTTP_PROXY', PLAIN]] as const) : []),
      ] as const) {
        const told = await run(['usage', '--url', url], { [name]: `http://${address}` });
        expect(told).toMatchObject({ code: 6, stdout: '' });
        const where = `NO_ANSWER: ${url} does not answer through the proxy http://${address} (${name}): `;
        expect(told.stderr).toMatch(/^[^\n]+\n$/);
        expect(told.stderr.startsWith(where)).toBe(true);
        expect(told.stderr.slice(where.length)).toContain(reason);
      }
    });
  });

  describe('sends a secret beyond this computer by https alone', () => {
    const token = { SESSION_MANAGER_TOKEN: 'very.secret' };
    const commands: [string, string[], Record<string, string>][] = [
      ['a token', ['usage'], token],
      ['a token of a file', ['usage', '--token-file'], {}],
      ['a token with an upload', ['files', 'put', 'x', '-', 'to'], token],
      ['a token with a download', ['files', 'get', 'x', 'to', '-'], token],
      ['a token of a watch', ['watch', '--count', '1'], token],
      ['credentials of an MCP server', ['mcp', 'auth', 'x', 'tools', '--auth-file'], {}],
      [
        'credentials of a new MCP server',
        ['mcp', 'add', 'x', 'y', '--endpoint', 'https://a.invalid', '--auth-file'],
        {},
      ],
    ];

    test.each(commands)('%s', async (_what, command, env) => {
      const args = [...command, ...(command.at(-1)?.endsWith('-file') ? [file] : []), '--url'];
      const told = await run([...args, PLAIN], { ...env, HTTP_PROXY: proxy.address });
      expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^USAGE: [^\n]+--insecure/) });
      expect(proxy.received).toEqual([]);
      expect(told.stderr).not.toMatch(/secret|of-the-mcp/);
    });

    test('unless --insecure allows it, with a warning', async () => {
      const env = { ...token, HTTP_PROXY: proxy.address };
      const told = await run(['usage', '--url', PLAIN, '--insecure'], env);
      expect(told).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Warning: [^\n]+can read the token\.\n$/) });
      const asJson = await run(['usage', '--url', PLAIN, '--insecure', '--json'], env);
      expect(JSON.parse(asJson.stderr)).toEqual({ code: 'INSECURE', detail: expect.stringContaining(PLAIN) });
      expect(proxy.received.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill('Bearer very.secret'));
    });

    test.each([
      ['http://127.8.9.10:9', 6],
      ['http://localhost:9', 6],
      ['http://[::1]:9', 6],
      ['http://127.0.0.1.invalid', 2],
      ['http://localhost.invalid', 2],
      ['http://10.0.0.1:9', 2],
    ])('and %s is this computer or not', async (url, code) => {
      expect(await run(['usage', '--url', url], token)).toMatchObject({ code });
    });

    test('and to no address that an answer redirects to', async () => {
      const env = { ...token, HTTP_PROXY: proxy.address };
      proxy.answer = (response) => void response.writeHead(307, { location: 'http://elsewhere.invalid/' }).end();
      for (const [, command] of commands.filter(([what]) => what.startsWith('a token') && !what.includes('a file'))) {
        expect(await run([...command, '--url', PLAIN, '--insecure'], env)).toMatchObject({ code: 1 });
      }
      expect(proxy.asked.filter((asked) => !asked.includes(PLAIN))).toEqual([]);
      expect(proxy.asked).toHaveLength(4);
    });
  });
});
