import type { Config } from '../configuration.ts';
import type { McpServices } from './materials.ts';

/**
 * What connects to MCP servers, for the functions that do. It is loaded when it is first used: the MCP SDK, KMS and undici
 * are most of the bundle, and much of what such a function does needs none of them.
 */
export function mcpServices(config: Config, env: NodeJS.ProcessEnv): McpServices {
  let services: McpServices | undefined;
  const loaded = async (): Promise<McpServices> => {
    const { mcpSdkServices } = await import('./mcp-sdk.ts');
    return (services ??= mcpSdkServices(config, env));
  };
  return {
    connector: {
      connect: async (target) => (await loaded()).connector.connect(target),
      resume: async (target, state) => (await loaded()).connector.resume(target, state),
    },
    secrets: {
      seal: async (secret, owner) => (await loaded()).secrets.seal(secret, owner),
      open: async (sealed, owner) => (await loaded()).secrets.open(sealed, owner),
    },
  };
}
