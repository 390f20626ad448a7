import type { Config } from '../../lib/configuration.ts';
import { StartError } from '../start-error.ts';
import { TokenVerifier } from './token-verifier.ts';

/** What verifies tokens in place of the gateway; nothing where callers are named by headers. */
export function verifierFor({ authMode, jwtIssuer, jwtAudiences }: Config): TokenVerifier | undefined {
  if (authMode !== 'jwt') return undefined;
  if (jwtIssuer === undefined || jwtAudiences.length === 0) {
    throw new StartError(
      'AUTH_MODE=jwt needs JWT_ISSUER, the URL of the token issuer, and JWT_AUDIENCE, the audience that tokens are made for.',
    );
  }
  return new TokenVerifier({ issuer: jwtIssuer, audiences: jwtAudiences });
}
