import { describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { UnexpectedAnswerError } from '../../lib/api/client/unexpected-answer.ts';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { ERRORS } from '../../lib/error-catalogue.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';
import { routeKey, routes } from '../../lib/api/routes.ts';
import { CHILD_VARIABLE } from '../../lib/mcp-clients/transports/marked-processes.ts';
import { ENV } from '../../lib/configuration.ts';
import { sourceFiles } from '../structure/source-files.ts';
import { anchorsOf, blocksOf, codeIn, documents, readDocument } from './markdown.ts';

/** Served on one machine only. */
const LOCAL_ROUTES = ['GET /events', 'GET /docs'];
const keys = [...routes.map(routeKey), ...LOCAL_ROUTES];

/** Read by the command line, by tests and by programs of the project: no settings of the session manager. */
const readElsewhere = sourceFiles('lib/cli', 'test', 'local').flatMap(({ syntax }) =>
  [...syntax.text.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map(([, name = '']) => name),
);
const upperCase = new Set<string>([
  ...Object.values(ENV),
  ...Object.keys(ERRORS),
  new UnexpectedAnswerError('').code,
  ...API_FUNCTIONS.map(functionVariable),
  ...readElsewhere,
  CHILD_VARIABLE,
  // Names that a document gives itself, and those of others.
  'API_URL',
  'AWS_ENDPOINT_URL',
  'AWS_PROFILE',
  'AWS_USE_FIPS_ENDPOINT',
  'FILE_SYSTEM',
  'HTTPS_PROXY',
  'NO_PROXY',
  'RECOVERY_POINT',
  'ROLLBACK_COMPLETE',
  'SECRETS_KEY_ID',
  'UPDATE_ROLLBACK_COMPLETE',
  'O_PATH',
  'UV_THREADPOOL_SIZE',
  'XDG_CACHE_HOME',
]);

/** The routes that a document names: in full, or with an ellipsis for how the path begins. */
function wrongRoutes(text: string): string[] {
  const named = codeIn(text).flatMap((code) => [...code.matchAll(/\b(GET|POST|PUT|PATCH|DELETE) (…?)(\/[\w{}/.-]*)/g)]);
  return named
    .filter(([, method = '', ellipsis, end = '']) => {
      return !keys.some((key) =>
        ellipsis ? key.startsWith(`${method} `) && key.endsWith(end) : key === `${method} ${end}`,
      );
    })
    .map(([whole]) => whole);
}

/** The addresses of requests in a document's blocks that no route answers. */
function wrongAddresses(text: string): string[] {
  const addresses = blocksOf(text).flatMap((block) => [
    ...block.text.matchAll(/(?:http:\/\/127\.0\.0\.1:3000|\$API_URL|\$api)(\/[\w$/.-]*)/g),
  ]);
  const patterns = keys.map((key) => {
    const [, route = ''] = key.split(' ');
    return new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
  });
  return addresses.map(([, address = '']) => address).filter((address) => !patterns.some((one) => one.test(address)));
}

describe.each(documents)('%s', (name) => {
  const text = readDocument(name);

  test('names routes that exist', () => {
    expect(wrongRoutes(text)).toEqual([]);
    expect(wrongAddresses(text)).toEqual([]);
  });

  test('names variables and error codes that exist', () => {
    const named = codeIn(text).flatMap((code) => code.match(/(?<![\w.])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)/g) ?? []);
    expect(named.filter((word) => !upperCase.has(word))).toEqual([]);
  });

  test('links to headings that exist', () => {
    for (const [, file = '', anchor = ''] of text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
      const target = file === '' ? name : path.join(path.dirname(name), file);
      const isThere = anchorsOf(readDocument(target)).includes(anchor);
      expect(isThere ? anchor : `${anchor} is missing in ${target}`).toBe(anchor);
    }
  });
});

describe('a name in a document', () => {
  test.each(['`GET /session`', '`POST /sessions/{id}`', '`PUT …/credentials`', '`PATCH …/auth`'])(
    'would be found out: %s',
    (text) => {
      expect(wrongRoutes(text)).toHaveLength(1);
    },
  );

  test('is found in blocks too', () => {
    expect(wrongAddresses('```sh\ncurl $api/sessions/$id/file "$API_URL/usage"\n```\n')).toEqual([
      '/sessions/$id/file',
    ]);
  });
});
