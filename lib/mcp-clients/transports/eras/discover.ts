import { McpConnectionError } from '../../../errors.ts';
import { isJsonObject } from '../../../json/raw-json.ts';
import { HttpRefusal } from '../answers/http-refusal.ts';
import { failedAs } from '../answers/link-failure.ts';
import { McpError } from '../answers/mcp-error.ts';
import type { RpcPeer } from '../rpc-peer.ts';
import { enveloped, META, MODERN_VERSIONS } from './envelope.ts';
import { eraVerdictOf, leavesInitialization, UNSUPPORTED_VERSION } from './era-verdict.ts';
import { NAMELESS, serverInfoIn, withoutNulls, type Introduction } from './introduction.ts';

/** The server does not speak 2026-07-28: what it answered to `server/discover` is in `cause`. */
export class NotModern extends Error {
  override readonly name: string = 'NotModern';
  /** It has said so, or has said nothing. */
  readonly isCertain: boolean;

  constructor({ cause, isCertain = true }: { cause?: unknown; isCertain?: boolean } = {}) {
    super('', { cause });
    this.isCertain = isCertain;
  }
}

/** The server was a process, and has ended. */
export class EndedByQuestion extends NotModern {
  override readonly name = 'EndedByQuestion';
}

/**
 * Asks a server what it is: 2026-07-28 and later. Throws `NotModern` where the answer says that it is of the era before,
 * and the failure itself where that says nothing.
 */
export async function discover(peer: RpcPeer): Promise<Introduction> {
  const ask = () => peer.request(enveloped({ method: 'server/discover' }, MODERN_VERSIONS[0]));
  // A server that names the version among those that it speaks is asked again, as the protocol says.
  const { given } = await ask()
    .catch((thrown: unknown) => {
      if (namesModern(thrown)) return ask();
      throw thrown;
    })
    .catch((thrown: unknown) => {
      throw isOfTheEraBefore(thrown) ? new NotModern({ cause: thrown }) : thrown;
    });
  return introductionIn(given);
}

const namesModern = (thrown: unknown): boolean => {
  if (!(thrown instanceof McpError)) return false;
  const { code, supported = [] } = failedAs(thrown);
  return code === UNSUPPORTED_VERSION && MODERN_VERSIONS.some((version) => supported.includes(version));
};

function isOfTheEraBefore(thrown: unknown): boolean {
  if (thrown instanceof McpError || thrown instanceof HttpRefusal) return eraVerdictOf(failedAs(thrown)) === 'legacy';
  // Accepted, and answered with what is no answer.
  return thrown instanceof McpConnectionError && isSuccess(thrown.details.serverStatus);
}

/** Throws `NotModern` for what is no answer to `server/discover`. */
export function introductionIn(given: unknown): Introduction {
  const said: Record<string, unknown> = isJsonObject(given) ? given : {};
  const { supportedVersions, capabilities, _meta, ...more } = said;
  // Long texts that resume nothing.
  delete more.instructions;
  const versions = Array.isArray(supportedVersions) ? (supportedVersions as unknown[]).filter(isText) : [];
  const protocolVersion = MODERN_VERSIONS.find((version) => versions.includes(version));
  if (protocolVersion === undefined) {
    if (leavesInitialization(versions)) throw new NotModern();
    const message = 'supports no version of the protocol that is known here';
    throw new McpError({ code: UNSUPPORTED_VERSION, message, data: { supported: versions } });
  }
  const meta = isJsonObject(_meta) ? _meta : {};
  return {
    era: 'modern',
    protocolVersion,
    capabilities: withoutNulls(capabilities),
    serverInfo: serverInfoIn({ ...NAMELESS, ...withoutNulls(meta[META.serverInfo]) }) ?? NAMELESS,
    discover: { supportedVersions: versions, ...more },
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isSuccess = (status = 0): boolean => status >= 200 && status < 300;
