/**
 * In the functions' bundles this stands in for `@aws-sdk/credential-provider-node`, whose other sources (profiles, single
 * sign-on, containers, instances) an ordinary Lambda function has not. They are a third of the SDK, and loaded at each
 * cold start. The SDK caches credentials until they expire: these always have, so each request reads the environment.
 */
export function defaultProvider() {
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
    if (!accessKeyId || !secretAccessKey) throw new Error('The environment has no AWS credentials.');
    const sessionToken = process.env.AWS_SESSION_TOKEN;
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }), expiration: new Date() };
  };
}
