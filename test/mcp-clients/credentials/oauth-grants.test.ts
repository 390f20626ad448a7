import { describe, expect, test } from '@jest/globals';
import { recordingServer, sendJson } from '../recording-server.ts';
import { authorizationServer, protectedServer, type AuthorizationServer } from './oauth-servers.ts';
import { CLIENT, oauthStage } from './oauth-stage.ts';

describe('the grant of OAuth client credentials', () => {
  const { closing, connect, newInstance } = oauthStage();

  const formsOf = ({ tokenRequests }: AuthorizationServer) =>
    tokenRequests.map(({ authorization, form }) => ({
      header: authorization !== undefined,
      ...Object.fromEntries(form),
    }));
  const IN_BODY = { header: false, client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret };

  test('sends the secret as it is configured, else as the metadata lists', async () => {
    const unlisted = { token_endpoint_auth_methods_supported: undefined };
    for (const [method, metadata, configured, sent] of [
      ['client_secret_post', {}, undefined, IN_BODY],
      ['client_secret_post', unlisted, 'client_secret_post', IN_BODY],
      ['client_secret_basic', unlisted, undefined, { header: true }],
      ['client_secret_basic', {}, 'client_secret_basic', { header: true }],
    ] as const) {
      const authorization = closing(await authorizationServer([CLIENT], 'a', { methods: [method], metadata }));
      const server = closing(await protectedServer(authorization));
      newInstance();
      await connect(server.url, { issuer: authorization.issuer, tokenEndpointAuthMethod: configured });
      expect(formsOf(authorization)).toEqual([expect.objectContaining(sent)]);
    }
  });

  test('form-encodes id and secret before Basic, as strict servers want it', async () => {
    const authorization = closing(await authorizationServer([CLIENT]));
    const server = closing(await protectedServer(authorization));
    await connect(server.url, { issuer: authorization.issuer });
    const [basic] = authorization.tokenRequests.map(({ authorization: header }) => header?.replace('Basic ', '') ?? '');
    expect(Buffer.from(basic ?? '', 'base64').toString()).toBe('agent%3Aof-alice:a%2Bb%252Fc%3Ad+e');
  });

  test('asks for the audience and the resource that are configured', async () => {
    const authorization = closing(await authorizationServer([CLIENT]));
    const server = closing(await protectedServer(authorization));
    const asked = { audience: 'https://api.example/', resource: 'https://mcp.example/v1' };
    await connect(server.url, { issuer: authorization.issuer, ...asked });
    expect(formsOf(authorization)).toEqual([expect.objectContaining(asked)]);
  });

  describe('without an issuer', () => {
    test('shows the secret to no authorization server at another origin, and says to name it', async () => {
      const authorization = closing(await authorizationServer([CLIENT]));
      const server = closing(await protectedServer(authorization));
      await expect(connect(server.url, {})).rejects.toMatchObject({
        code: 'MCP_CONNECTION',
        message: expect.stringMatching(/authorization server at another origin \(http.*"auth\.issuer"/),
      });
      expect(authorization.paths).toEqual([]);
    });

    test('sends the secret to no token endpoint at another origin', async () => {
      const thief = closing(await authorizationServer([CLIENT]));
      const metadata = { token_endpoint: `${thief.issuer}/token` };
      const authorization = closing(await authorizationServer([CLIENT], 'a', { metadata }));
      const server = closing(await protectedServer(authorization, { ownOrigin: true }));
      await expect(connect(server.url, {})).rejects.toMatchObject({
        code: 'MCP_CONNECTION',
        message: expect.stringMatching(/token endpoint at another origin.*"auth\.issuer"/),
      });
      expect(thief.paths).toEqual([]);
    });

    test.each([
      ['with all metadata', {}, {}],
      ['with that of the authorization server alone', { silent: true }, {}],
      ['without any metadata', { silent: true }, { noMetadata: true }],
    ])(
      'gets a token from an authorization server at the endpoint’s origin, %s',
      async (_what, protection, behaviour) => {
        const authorization = closing(await authorizationServer([CLIENT], 'a', behaviour));
        const server = closing(await protectedServer(authorization, { ownOrigin: true, ...protection }));
        const connection = await connect(server.url, {});
        expect(await connection.listTools()).toHaveLength(1);
        expect(authorization.tokenRequests).toHaveLength(1);
      },
    );
  });

  test('takes no metadata that is of another issuer', async () => {
    const metadata = { issuer: 'https://issuer.example' };
    const authorization = closing(await authorizationServer([CLIENT], 'a', { metadata }));
    const server = closing(await protectedServer(authorization));
    await expect(connect(server.url, { issuer: authorization.issuer })).rejects.toMatchObject({
      code: 'MCP_CONNECTION',
      message: expect.stringContaining('authorization server'),
    });
    expect(authorization.tokenRequests).toEqual([]);
  });

  test('takes no metadata of a resource that is not the endpoint', async () => {
    const authorization = closing(await authorizationServer([CLIENT]));
    const server = closing(
      await recordingServer({
        before({ path, headers }, response) {
          const resource = `http://${headers.host}/another`;
          if (path === '/mcp') response.writeHead(401).end();
          else sendJson(response, { resource, authorization_servers: [authorization.issuer] });
          return true;
        },
      }),
    );
    await expect(connect(server.url, { issuer: authorization.issuer })).rejects.toMatchObject({
      message: expect.stringContaining('another resource'),
    });
    expect(authorization.paths).toEqual([]);
  });

  test.each(['invalid_scope', 'invalid_target', 'consent_required'])(
    'tells the code of an error (%s) and not its description',
    async (error) => {
      const authorization = closing(await authorizationServer([CLIENT]));
      authorization.refusal = { error, error_description: 'something private' };
      const server = closing(await protectedServer(authorization));
      const thrown: unknown = await connect(server.url, { issuer: authorization.issuer }).catch(
        (refusal: unknown) => refusal,
      );
      expect(thrown).toMatchObject({ code: 'MCP_CONNECTION', details: { oauthError: error } });
      expect(JSON.stringify([thrown, (thrown as Error).message, (thrown as Error).cause])).not.toContain('private');
    },
  );

  test('takes a token also where its answer has nulls, and a lifetime that is a text or none', async () => {
    const nulls = { scope: null, refresh_token: null, id_token: null };
    for (const expires_in of ['3600', null, '', -1]) {
      const authorization = closing(await authorizationServer([CLIENT], 'a', { token: { ...nulls, expires_in } }));
      const server = closing(await protectedServer(authorization));
      newInstance();
      const connection = await connect(server.url, { issuer: authorization.issuer });
      expect(await connection.listTools()).toHaveLength(1);
      expect(authorization.tokenRequests).toHaveLength(1);
    }
  });

  test('tells the code of an error that comes with status 200, and a token that cannot be used', async () => {
    for (const [token, told] of [
      [{ access_token: undefined, error: 'invalid_scope' }, { details: { oauthError: 'invalid_scope' } }],
      [{ access_token: 'a\nb' }, { message: expect.stringContaining('does not fit into a header') }],
      [{ token_type: 'DPoP' }, { message: expect.stringContaining('is not a bearer token') }],
      [{ token_type: 'mac' }, { message: expect.stringContaining('is not a bearer token') }],
    ] as const) {
      const authorization = closing(await authorizationServer([CLIENT], 'a', { token }));
      const server = closing(await protectedServer(authorization));
      newInstance();
      await expect(connect(server.url, { issuer: authorization.issuer })).rejects.toMatchObject(told);
    }
  });

  test('tells no code of an error that is a secret or no code', async () => {
    const secret = 'canary-secret-5e';
    const authorization = closing(await authorizationServer([CLIENT]));
    const server = closing(await protectedServer(authorization));
    for (const error of [secret, Buffer.from(secret).toString('base64url'), 'not a code']) {
      authorization.refusal = { error, error_description: '' };
      const thrown: unknown = await connect(server.url, { issuer: authorization.issuer, clientSecret: secret }).catch(
        (refusal: unknown) => refusal,
      );
      expect(thrown).toMatchObject({ message: expect.stringContaining('HTTP status 400'), details: {} });
    }
  });
});
