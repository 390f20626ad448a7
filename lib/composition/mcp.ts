import path from 'node:path';
import type { McpConnector } from '../mcp-clients/mcp-connector.ts';
import type { SecretBox } from '../mcp-clients/credentials/secret-box.ts';
import type { McpConfig, McpServices } from './materials.ts';

/**
 * What connects to MCP servers, for the functions that do. It is loaded when it is first used: KMS and undici
 * are most of the bundle, and much of what such a function does needs none of them.
 */
export function mcpServices(config: McpConfig, env: NodeJS.ProcessEnv): McpServices {
  let services: McpServices | undefined;
  const loaded = async (): Promise<McpServices> => {
    const { loadedMcpServices } = await import('./mcp-loaded.ts');
    return (services ??= loadedMcpServices(config, env));
  };
  return {
    connector: {
      connect: async (target) => (await loaded()).connector.connect(target),
      look: async (target) => (await loaded()).connector.look(target),
      resume: async (target, state) => (await loaded()).connector.resume(target, state),
    },
    secrets: {
      seal: async (secret, owner) => (await loaded()).secrets.seal(secret, owner),
      open: async (sealed, owner) => (await loaded()).secrets.open(sealed, owner),
    },
    close: async () => services?.close(),
  };
}

/** How a manager that is made by hand connects to MCP servers. */
export interface McpOptions {
  /** Servers on this machine may be connected to. */
  allowLoopback?: boolean;
  /** The commands that may be started. */
  stdioCommands?: readonly string[];
  /** Where they are looked for, as in PATH. */
  searchPath?: string;
  /** Credentials of MCP servers are sealed by this key of AWS KMS, */
  secretsKmsKeyId?: string;
  /** or by the key in this file (`.local/secrets.key`), which is made if it is not there. */
  secretsKeyFile?: string;
}

/** The options of a manager that connects to MCP servers. Of `env` AWS KMS is called with the region and credentials. */
export function mcpPartsOf(
  options: McpOptions,
  env: NodeJS.ProcessEnv,
): {
  mcp: McpConnector;
  secrets: SecretBox;
  close: () => Promise<void>;
} {
  const { allowLoopback = false, stdioCommands = [], secretsKmsKeyId, secretsKeyFile = '.local/secrets.key' } = options;
  const { connector, secrets, close } = mcpServices(
    {
      mcpAllowLoopback: allowLoopback,
      mcpStdioCommands: stdioCommands,
      secretsKmsKeyId,
      secretsKeyFile: path.resolve(secretsKeyFile),
    },
    { ...env, PATH: options.searchPath },
  );
  return { mcp: connector, secrets, close };
}
