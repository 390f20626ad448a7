import { KMSClient } from '@aws-sdk/client-kms';
import type { Config } from './config.ts';
import { SdkConnector } from './mcp/sdk-connector.ts';
import { KeyFileSecretBox } from './secrets/key-file-secret-box.ts';
import { KmsSecretBox } from './secrets/kms-secret-box.ts';
import type { SecretBox } from './secrets/secret-box.ts';
import type { McpServices } from './services.ts';

/** KMS answers in milliseconds. */
const KMS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

/** What connects to MCP servers, for the functions that do. */
export function mcpServices(config: Config, env: NodeJS.ProcessEnv): McpServices {
  const { mcpStdioCommands } = config;
  return {
    connector: new SdkConnector({ fetch, stdioCommands: mcpStdioCommands, searchPath: env.PATH }),
    secrets: secretBox(config),
  };
}

/** AWS KMS where a key is named, else a key in a file of this machine. */
function secretBox({ secretsKmsKeyId, secretsKeyFile }: Config): SecretBox {
  if (secretsKmsKeyId === undefined) return new KeyFileSecretBox(secretsKeyFile);
  return new KmsSecretBox(new KMSClient(KMS), secretsKmsKeyId);
}
