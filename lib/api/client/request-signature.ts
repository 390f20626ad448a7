import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Authorize } from './http-sender.ts';

/** What API Gateway is called in a signature. */
const SERVICE = 'execute-api';

/** Signs requests for API Gateway (AWS Signature Version 4), with the credentials that every AWS program here finds. */
export function signedFor(region: string): Authorize {
  const signer = new SignatureV4({
    service: SERVICE,
    region,
    credentials: defaultProvider(),
    sha256: Hash.bind(null, 'sha256'),
  });
  return async ({ method, headers, body }, url) => {
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    });
    // The host is told by whoever sends it.
    return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host'));
  };
}

/** Of the address that API Gateway gives: `https://….execute-api.eu-central-1.amazonaws.com`. */
export const regionOf = ({ hostname }: URL): string | undefined =>
  /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1];
