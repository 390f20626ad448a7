/**
 * The order of the modules, from the top to the bottom. An import leads down the list or stays in its module; types count.
 * The longest name that fits a file is its module.
 */
export const ROOMS = [
  'local',
  'functions',
  'cdk',
  'lib/cli',
  'lib/index.ts',
  'lib/composition',
  'lib/api',
  'lib/reconcile',
  'lib/sessions',
  'lib/mcp-clients',
  'lib/agent-tokens',
  'lib/prompts',
  'lib/workspaces',
  'lib/limits',
  'lib/operations',
  'lib/table',
  'lib/telemetry',
  'lib/configuration.ts',
  'lib/environment-variables.ts',
  'lib/schemas.ts',
  'lib/answer-in-time.ts',
  'lib/json',
  'lib/lazily.ts',
  'lib/own-fields.ts',
  'lib/identity.ts',
  'lib/errors.ts',
  'lib/error-catalogue.ts',
] as const;

/** Folders of files that are used elsewhere than they are imported: only when bundles are made. */
export const IN_BUNDLES_ONLY = 'cdk/bundled';

export const MOST_FILES_IN_A_FOLDER = 25;
export const MOST_FILES_OF_LIB_ITSELF = 10;
export const MOST_LINES_OF_A_FILE = 250;

/** The table of errors, and the module that reads each of its columns. Documents alone have `when`. */
export const ERROR_CATALOGUE = 'lib/error-catalogue.ts';
export const READERS_OF_ERRORS: Readonly<Record<string, string | undefined>> = {
  status: 'lib/api',
  title: 'lib/api',
  exit: 'lib/cli',
  outcome: 'lib/telemetry',
  retryAfterSeconds: 'lib/api',
  isOfOthers: 'lib/api',
  when: undefined,
};

/** Where words of a kind may be: folders, files, and endings of file names. */
export interface WordRule {
  words: RegExp;
  folders: readonly string[];
  files: readonly string[];
  endings: readonly string[];
}

export const WORDS_OF_DYNAMODB: WordRule = {
  words:
    /^(pk|sk|:\w+|(un)?marshall|\w*Expression\w*|Transact(Get|Write)\w*|ConsistentRead|TableName|ALL_OLD|ALL_NEW)$/,
  folders: ['lib/table'],
  files: [],
  endings: ['-store.ts', '-writes.ts'],
};

export const WORDS_OF_HTTP: WordRule = {
  words:
    /^(statusCode|routeKey|httpMethod|requestContext|queryStringParameters|pathParameters|isBase64Encoded|.*problem\+json|content-(type|length|range|encoding|disposition)|retry-after|location|idempotency-key|x-user-id|x-org-id|x-role|if-(none-)?match|if-range|cache-control|www-authenticate|GET|HEAD|POST|PUT|PATCH|DELETE)$/,
  folders: ['lib/api', 'lib/mcp-clients/transports'],
  files: ['lib/operations/route.ts'],
  endings: ['-routes.ts'],
};

export const STATUS_CODES: WordRule = {
  words: /^(20[0-6]|30[1-8]|4[0-2]\d|50[0-7])$/,
  folders: ['lib/api', 'lib/mcp-clients/transports'],
  files: ['lib/error-catalogue.ts'],
  endings: ['-routes.ts', '-docs.ts'],
};
