import { McpConnectionError } from '../../../errors.ts';
import { isJsonObject } from '../../../json/raw-json.ts';

/**
 * What can be read of the result of an initialization: some servers leave out their name or capabilities, or write null for
 * what they do not have. Only a version of the protocol is needed.
 */
export function initialization(result: unknown): Record<string, unknown> {
  const { protocolVersion, capabilities, serverInfo } = isJsonObject(result) ? result : {};
  if (typeof protocolVersion !== 'string') {
    throw new McpConnectionError('answered the initialization without a version of the protocol');
  }
  return {
    protocolVersion,
    capabilities: withoutNulls(capabilities),
    serverInfo: { name: '', version: '', ...withoutNulls(serverInfo) },
  };
}

/** The object without members that are null, at any depth; an empty one in the place of what is no object. */
function withoutNulls(value: unknown): Record<string, unknown> {
  if (!isJsonObject(value)) return {};
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    members.map(([name, member]) => [name, isJsonObject(member) ? withoutNulls(member) : member]),
  );
}
