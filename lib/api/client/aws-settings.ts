import {
  loadConfig,
  NODE_REGION_CONFIG_FILE_OPTIONS,
  NODE_REGION_CONFIG_OPTIONS,
  NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS,
  NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS,
} from '@smithy/core/config';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

/** What each AWS client is given, so that it uses `env` and not the environment of the process. */
export interface AwsSettings {
  region: string | (() => Promise<string>);
  profile?: string;
  credentials?: () => Promise<AwsCredentials>;
  endpoint?: string;
  ignoreConfiguredEndpointUrls?: boolean;
  useFipsEndpoint?: () => Promise<boolean>;
  useDualstackEndpoint?: () => Promise<boolean>;
}

/** As the names of variables write it: `AWS_ENDPOINT_URL_KMS`. */
export type AwsService = 'DYNAMODB' | 'EFS' | 'KMS' | 'LAMBDA';

/** An AWS client takes what is not here from the usual files and services. */
export function awsSettings(env: NodeJS.ProcessEnv, service: AwsService): AwsSettings {
  const profile = env.AWS_PROFILE || 'default';
  const region = regionIn(env) ?? (() => regionOfProfile(profile));
  // A deployed function's credentials are the SDK's affair: Lambda may replace them.
  if (env.AWS_LAMBDA_FUNCTION_NAME !== undefined) return { region };
  const settings = { region, profile, ...endpointOf(env, service, profile) };
  // A profile that is named comes before keys, as in the SDK; the default profile comes after them.
  if (env.AWS_PROFILE || credentialsIn(env) === undefined) return settings;
  return { ...settings, credentials: async () => credentialsIn(env) as AwsCredentials };
}

/** As in the SDK, which would read the variables of the process. */
function endpointOf(env: NodeJS.ProcessEnv, service: AwsService, profile: string) {
  const isIgnored = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true';
  const endpoint = isIgnored ? undefined : endpointIn(env, service);
  // The SDK looks into the profile after the variables of the process. With keys in `env` no profile is needed.
  const isOfProfile = !isIgnored && (env.AWS_PROFILE || !credentialsIn(env)) && !endpointIn(process.env, service);
  const isSwitchedOn = (options: typeof NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS) => async () =>
    (await loadConfig(
      { ...options, environmentVariableSelector: () => options.environmentVariableSelector(env) },
      { profile },
    )()) === true;
  return {
    useFipsEndpoint: isSwitchedOn(NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS),
    useDualstackEndpoint: isSwitchedOn(NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS),
    ...(endpoint ? { endpoint } : !isOfProfile && { ignoreConfiguredEndpointUrls: true }),
  };
}

const endpointIn = (env: NodeJS.ProcessEnv, service: AwsService): string | undefined =>
  env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL;

export const regionIn = ({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): string | undefined =>
  AWS_REGION?.trim() || AWS_DEFAULT_REGION?.trim() || undefined;

/** Nothing where a part is missing: a key without its secret cannot sign. */
export function credentialsIn(env: NodeJS.ProcessEnv): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId?.trim() || !secretAccessKey?.trim()) return undefined;
  const expiration = Date.parse(env.AWS_CREDENTIAL_EXPIRATION ?? '');
  return {
    accessKeyId,
    secretAccessKey,
    ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    ...(expiration && { expiration: new Date(expiration) }),
  };
}

class NoRegionError extends Error {
  override readonly name = 'NoRegionError';

  constructor() {
    super('There is no AWS region: set AWS_REGION, or AWS_PROFILE to a profile that has one.');
  }
}

const regionOfProfile = (profile: string): Promise<string> =>
  loadConfig(
    {
      environmentVariableSelector: () => undefined,
      configFileSelector: NODE_REGION_CONFIG_OPTIONS.configFileSelector,
      default: async () => {
        throw new NoRegionError();
      },
    },
    { ...NODE_REGION_CONFIG_FILE_OPTIONS, profile },
  )();
