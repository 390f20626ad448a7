import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newDirectory } from './local-server.ts';

const TOO_LONG = 'x'.repeat(80);

/** What somebody has who works with AWS, and with an emulator of it; each of them breaks the table of one machine. */
export const FOREIGN_AWS = {
  // DynamoDB Local refuses a key with a hyphen; a secret is missing.
  AWS_ACCESS_KEY_ID: 'test-key',
  AWS_SESSION_TOKEN: 'of yesterday',
  AWS_PROFILE: 'nobody',
  AWS_REGION: '',
  AWS_DEFAULT_REGION: 'mars west',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  AWS_SDK_LOAD_CONFIG: '1',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
  AWS_MAX_ATTEMPTS: 'many',
  AWS_RETRY_MODE: 'never',
  AWS_DEFAULTS_MODE: 'nonsense',
  AWS_ACCOUNT_ID_ENDPOINT_MODE: 'nonsense',
  AWS_ENABLE_ENDPOINT_DISCOVERY: 'maybe',
  AWS_AUTH_SCHEME_PREFERENCE: 'sigv4a',
  AWS_SDK_UA_APP_ID: TOO_LONG,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'nonsense',
  // The functions would be made before there is a table.
  AWS_LAMBDA_FUNCTION_NAME: 'mine',
  AWS_LAMBDA_LOG_LEVEL: 'FATAL',
  // Each line of the log would be many.
  POWERTOOLS_DEV: 'true',
};

/** The same in a configuration file. */
export async function foreignConfigFile(): Promise<string> {
  const file = path.join(await newDirectory(), 'config');
  const lines = [
    'region = mars west',
    'retry_mode = never',
    'max_attempts = many',
    'defaults_mode = nonsense',
    'use_fips_endpoint = true',
    'use_dualstack_endpoint = true',
    'account_id_endpoint_mode = nonsense',
    'endpoint_discovery_enabled = maybe',
    `sdk_ua_app_id = ${TOO_LONG}`,
  ];
  await writeFile(file, ['[default]', ...lines, '[profile nobody]', ...lines, ''].join('\n'));
  return file;
}

/** A home in which its owner may write nothing. */
export async function readOnlyHome(): Promise<string> {
  const home = path.join(await newDirectory(), 'home');
  await mkdir(home);
  await chmod(home, 0o500);
  return home;
}

/** Runs a command bound by permissions, which root else is not: it keeps its id, so that it reads what is its own. */
export const boundByPermissions = (command: string[]): string[] =>
  process.geteuid?.() === 0 && process.platform === 'linux'
    ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all', ...command]
    : command;
