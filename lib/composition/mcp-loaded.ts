import { KMSClient } from '@aws-sdk/client-kms';
import { awsSettings } from '../api/client/aws-settings.ts';
import { guardedFetch } from '../mcp-clients/transports/guarded-fetch.ts';
import { ServerConnector } from '../mcp-clients/transports/server-connector.ts';
import { KeyFileSecretBox } from '../mcp-clients/credentials/key-file-secret-box.ts';
import { KmsSecretBox } from '../mcp-clients/credentials/kms-secret-box.ts';
import type { SecretBox } from '../mcp-clients/credentials/secret-box.ts';
import { traceparentOf } from '../mcp-clients/trace-context.ts';
import type { McpConfig, McpServices } from './materials.ts';

/** KMS answers in milliseconds. */
const KMS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
};

/** Twice of what fits through Lambda: what lies between is `RESPONSE_TOO_LARGE`, what lies above is no answer at all. */
const MAX_ANSWER_BYTES = 12 * 1024 * 1024;

/** What connects to MCP servers. */
export function loadedMcpServices(config: McpConfig, env: NodeJS.ProcessEnv): McpServices {
  const { mcpAllowLoopback, mcpStdioCommands } = config;
  const fetch = guardedFetch({ loopback: mcpAllowLoopback, maxBytes: MAX_ANSWER_BYTES });
  const kms = config.secretsKmsKeyId === undefined ? undefined : new KMSClient({ ...KMS, ...awsSettings(env, 'KMS') });
  return {
    connector: new ServerConnector({
      fetch,
      stdioCommands: mcpStdioCommands,
      searchPath: env.PATH,
      // Lambda sets it for each invocation.
      traceparent: () => traceparentOf(env._X_AMZN_TRACE_ID),
    }),
    secrets: secretBox(config, kms),
    close: async () => {
      kms?.destroy();
      await fetch.destroy();
    },
  };
}

/** AWS KMS where a key is named, else a key in a file of this machine. */
function secretBox({ secretsKmsKeyId, secretsKeyFile }: McpConfig, kms: KMSClient | undefined): SecretBox {
  if (kms === undefined || secretsKmsKeyId === undefined) return new KeyFileSecretBox(secretsKeyFile);
  return new KmsSecretBox(kms, secretsKmsKeyId);
}
