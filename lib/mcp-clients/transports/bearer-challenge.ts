/** What a server says that it wants (RFC 6750), as far as a client can act on it. */
export interface BearerChallenge {
  /** Where the metadata of the protected resource is (RFC 9728). */
  resourceMetadata?: URL;
  scope?: string;
  error?: string;
}

const BEARER = /(?:^|,)\s*bearer\s+([^\n]*)/i;
const PARAMETER = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/** The challenge in `WWW-Authenticate`; an empty one where there is none, or none that can be read. */
export function bearerChallenge(headers: Headers): BearerChallenge {
  const [, text = ''] = BEARER.exec(headers.get('www-authenticate') ?? '') ?? [];
  const said = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of text.matchAll(PARAMETER)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
    if (!said.has(name.toLowerCase())) said.set(name.toLowerCase(), value);
  }
  const metadata = said.get('resource_metadata');
  const [scope, error] = [said.get('scope'), said.get('error')];
  return {
    ...(metadata !== undefined && URL.canParse(metadata) && { resourceMetadata: new URL(metadata) }),
    ...(scope !== undefined && { scope }),
    ...(error !== undefined && { error }),
  };
}
