import { ownFieldsOf } from '../../own-fields.ts';
import { agentRoutes } from '../routes.ts';
import { addMethods, ConnectedClient } from './client-methods.ts';
import type { AgentInputOf, AgentOperations, CallOptions, HttpOutputOf, WithoutSession } from './client-types.ts';
import type { Download, Upload } from './file-transfer.ts';
import { withToken } from './http-caller.ts';
import { byOperation, routedDoor, type UploadedOverHttp } from './http-client.ts';
import type { HttpSettings } from './http-sender.ts';

/** Where the API is, and the token of the session that the agent works in. */
export interface AgentSettings extends Pick<HttpSettings, 'url' | 'timeoutMs' | 'signal'> {
  token: string;
}

/** The input may be left out where nothing in it is needed. */
type Args<Input> =
  Record<never, never> extends Input ? [input?: Input, options?: CallOptions] : [input: Input, options?: CallOptions];

/**
 * What the agent of a session can do in it: one method for each operation that admits agents, with the fields of its route but
 * the session, which the token names. Throws what a `SessionManagerHttpClient` throws: `UnauthorizedError` for a token that is
 * not valid (any more), `ForbiddenError` for a scope that it has not.
 */
export type SessionManagerAgentClient = {
  [Name in keyof AgentOperations]: (...args: Args<AgentInputOf<Name>>) => Promise<HttpOutputOf<Name>>;
} & {
  /** Writes a file of any size, in parts where it needs several. */
  upload(input: WithoutSession<Upload>, options?: CallOptions): Promise<UploadedOverHttp>;
  /** Reads a file of any size, part by part. */
  download(input: WithoutSession<Download>, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined>;
};

/** The session that a token names; undefined where the token is not whole. Whether it is valid, the API says. */
export function sessionOfToken(token: string): string | undefined {
  if (!/^asm_[\w-]{80}$/.test(token)) return undefined;
  const hex = Buffer.from(token.slice('asm_'.length), 'base64url').toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const OF_AGENTS = byOperation(agentRoutes);

class Client extends ConnectedClient<UploadedOverHttp> {
  constructor(settings: AgentSettings) {
    // What it does not know may be another way to say who is calling.
    const { token, ...others } = ownFieldsOf(settings, 'settings') as unknown as AgentSettings;
    super({ ...routedDoor({ ...others, authorize: [withToken(token)] }, OF_AGENTS), withoutInput: {} });
  }
}
addMethods(Client.prototype, [...OF_AGENTS.keys()]);
Object.defineProperty(Client, 'name', { value: 'SessionManagerAgentClient' });

/** A client for the agent of one session, by a token of that session. */
export const SessionManagerAgentClient = Client as unknown as {
  new (settings: AgentSettings): SessionManagerAgentClient;
  readonly prototype: SessionManagerAgentClient;
};
