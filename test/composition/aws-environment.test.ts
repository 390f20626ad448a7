import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { awsSettings } from '../../lib/api/client/aws-settings.ts';
import { SessionManagerClient } from '../../lib/api/client/session-manager-client.ts';
import { createServices } from '../../lib/composition/api-functions.ts';
import { mcpSdkServices } from '../../lib/composition/mcp-sdk.ts';
import { readConfig } from '../../lib/configuration.ts';
import { createSessionManager, mcpParts } from '../../lib/index.ts';
import { withoutMcp } from '../../lib/composition/no-mcp.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const GIVEN = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'GIVEN',
  AWS_SECRET_ACCESS_KEY: 'secret',
  LOG_LEVEL: 'SILENT',
};
const OF_THE_PROCESS = {
  AWS_REGION: 'us-west-2',
  AWS_ACCESS_KEY_ID: 'PROCESS',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_CONFIG_FILE: '/nowhere',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
};

const OWNER = { sessionId: 'session', clientId: 'client' };
const sealed = (env: Record<string, string>) =>
  mcpSdkServices(readConfig({ SECRETS_KMS_KEY_ID: 'key', ...env }), env).secrets.seal('secret', OWNER);

/** Each AWS client that a manager or a typed client has, by a call that it makes. */
const calls: Record<string, (env: Record<string, string>) => Promise<unknown>> = {
  'the table': (env) => createSessionManager(env).countAllSessions(),
  'the table of a function': (env) => createServices(env, { mcp: withoutMcp }).manager.countAllSessions(),
  'the key': sealed,
  'the key of a manager made by hand': (env) => mcpParts({ secretsKmsKeyId: 'key' }, env).secrets.seal('secret', OWNER),
  'the functions': (env) =>
    new SessionManagerClient({ SESSION_MANAGER_RECORDS_FUNCTION: 'lifecycle', ...env }).getUsage({
      userId: 'ada',
      orgId: 'acme',
    }),
};

describe('an environment that is given', () => {
  const before = { ...process.env };
  const seen: string[] = [];
  let given: Record<string, string>;
  const server = createServer((request, response) => {
    seen.push(
      /Credential=([^,]+)\/\d{8}\/([^/]+)\//
        .exec(request.headers.authorization ?? '')
        ?.slice(1)
        .join(' ') ?? '',
    );
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"__type":"ValidationException"}');
  });
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    given = { ...GIVEN, AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    process.env = { ...before, ...OF_THE_PROCESS };
    seen.length = 0;
  });
  afterEach(() => {
    process.env = { ...before };
  });

  test.each(Object.entries(calls))('is the one whose address, region and keys %s is called with', async (_, call) => {
    await expect(call(given)).rejects.toThrow();
    expect(new Set(seen)).toEqual(new Set(['GIVEN eu-central-1']));
  });

  test.each(Object.entries(calls))('without a region is not taken for the process’s: %s', async (_, call) => {
    const work = call({ ...given, AWS_REGION: ' ' });
    await expect(work).rejects.toThrow('There is no AWS region: set AWS_REGION');
    expect(seen).toEqual([]);
  });

  test.each(Object.entries(calls))(
    'with half of the credentials is not taken for the process’s: %s',
    async (_, call) => {
      await expect(call({ ...given, AWS_SECRET_ACCESS_KEY: '' })).rejects.toThrow(/credentials/);
      expect(seen).toEqual([]);
    },
  );

  test('without an address is not sent to the process’s', async () => {
    const profile = { AWS_REGION: 'eu-central-1', AWS_PROFILE: 'named' };
    for (const env of [GIVEN, profile, { ...GIVEN, ...profile }, { AWS_REGION: 'eu-central-1' }]) {
      const { endpoint, ignoreConfiguredEndpointUrls } = awsSettings(env, 'DYNAMODB');
      expect({ endpoint, ignoreConfiguredEndpointUrls }).toEqual({ ignoreConfiguredEndpointUrls: true });
    }
    const { useFipsEndpoint, useDualstackEndpoint } = new DynamoDBClient(awsSettings(GIVEN, 'DYNAMODB')).config;
    expect([await useFipsEndpoint(), await useDualstackEndpoint()]).toEqual([false, false]);
  });

  test('says which variables name credentials, and which a DynamoDB elsewhere', async () => {
    const work = createSessionManager({ AWS_REGION: 'eu-central-1', LOG_LEVEL: 'SILENT' }).countAllSessions();
    await expect(work).rejects.toThrow(/^There are no AWS credentials: set AWS_ACCESS_KEY_ID .*DYNAMODB_ENDPOINT\.$/);
  });
});

describe('a DynamoDB at an endpoint', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await newStack();
  });
  afterAll(() => stack.close());

  test.each([
    ['a key without a secret', { AWS_ACCESS_KEY_ID: 'test-key' }],
    ['a secret without a key', { AWS_SECRET_ACCESS_KEY: 'secret' }],
    ['an empty session', { AWS_SESSION_TOKEN: '' }],
    ['credentials that it refuses, if they are not to be used', { ...GIVEN, AWS_ACCESS_KEY_ID: 'test-key' }],
    ['an empty region', { AWS_REGION: '' }],
  ])('is there for %s', async (_, env) => {
    const isElsewhere = 'AWS_REGION' in env;
    const own = { ...stack.env, ...env, DYNAMODB_OWN_CREDENTIALS: String(isElsewhere) };
    const work = createSessionManager(own).countAllSessions();
    // A DynamoDB Local in memory has a database for each key and region.
    if (isElsewhere) await expect(work).rejects.toThrow(/^There is no table "test-/);
    else expect(await work).toBe(0);
  });

  test('says where there is no table, and what names it', async () => {
    const work = createSessionManager({ ...stack.env, TABLE_NAME: 'other' }).createSession('ada', 'acme');
    await expect(work).rejects.toThrow(
      `There is no table "other" at ${stack.env.DYNAMODB_ENDPOINT}: set TABLE_NAME or DYNAMODB_ENDPOINT.`,
    );
  });
});
