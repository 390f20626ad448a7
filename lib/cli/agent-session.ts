import { SessionManagerAgentClient, sessionOfToken } from '../api/client/agent-client.ts';
import type { SessionManagerHttpClient } from '../api/client/http-client.ts';
import type { SenderSettings } from '../api/client/http-sender.ts';
import { UsageError } from './cli-io.ts';

const PREFIX = 'asm_';

export const isSessionToken = (token: string): boolean => token.startsWith(PREFIX);

type Method = (input: Record<string, unknown>, options?: unknown) => unknown;

/**
 * The client for commands that run with a session token. They name the session as all commands do: another one than that of
 * the token is refused here, since the routes of agents name none.
 */
export function clientOfAgent(settings: SenderSettings, token: string): SessionManagerHttpClient {
  const { url, timeoutMs, signal, exchange } = settings;
  const sent = { url, token, timeoutMs, signal, exchange };
  const agent = new SessionManagerAgentClient(sent);
  const own = sessionOfToken(token);
  if (own === undefined) throw new UsageError('The session token is not whole, or has a wrong character.');
  const methods = agent as unknown as Record<string, Method | undefined>;
  return new Proxy({} as SessionManagerHttpClient, {
    get: (_target, name) => {
      // `await` reads `then` of what it gets.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return (input: Record<string, unknown>, options?: unknown) => {
        const method = methods[name];
        if (!method) throw new UsageError('This command is not for the agent of a session, whose token was given.');
        const { sessionId, ...others } = input;
        if (sessionId !== own) throw new UsageError(`The token is for the session ${own}, and for no other one.`);
        return method.call(agent, others, options);
      };
    },
  });
}
