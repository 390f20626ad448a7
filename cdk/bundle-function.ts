import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { operations } from '../lib/api/operations.ts';
import {
  beside,
  builtinModules,
  NEVER_LOADED,
  noConfigFiles,
  OPENAPI_DOCUMENT,
  writtenApiDescription,
} from './bundle-plugins.ts';

/**
 * Bundles `functions/<name>.ts` into a directory: ES modules with everything in them, the AWS SDK included, so that
 * versions are ours. Functions that were imported when they are needed are files of their own, not read before. Run
 * by `start-bundling.ts`, which chooses the Node.
 *
 *     bundle-function.ts <name> <directory>
 */
const projectRoot = path.resolve(import.meta.dirname, '..');
const [name = '', outdir = ''] = process.argv.slice(2);

const DESCRIPTION = 'openapi-document';
const isOf = (operation: keyof typeof operations): boolean => operations[operation].function === name;

const modules: BuildOptions = {
  absWorkingDir: projectRoot,
  outdir,
  bundle: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'error',
};

await build({
  ...modules,
  stdin: {
    contents: `import './cdk/bundled/mapped-stacks.ts'; export * from './functions/${name}.ts';`,
    resolveDir: projectRoot,
    sourcefile: `functions/${name}.mjs`,
  },
  entryNames: 'index',
  splitting: true,
  chunkNames: '[hash]',
  external: NEVER_LOADED,
  alias: { '@aws-sdk/credential-provider-node': './cdk/bundled/environment-credentials.ts' },
  plugins: [
    beside(/\/openapi-document\.ts$/, `${DESCRIPTION}.mjs`),
    // Only the function whose operation it is ever imports it.
    ...(isOf('reconcile') ? [] : [beside(/\/load-comparison\.ts$/, 'load-comparison.mjs')]),
    builtinModules,
    noConfigFiles,
  ],
});

if (isOf('getOpenApi')) {
  await build({
    ...modules,
    entryPoints: [OPENAPI_DOCUMENT],
    entryNames: DESCRIPTION,
    plugins: [writtenApiDescription],
  });
}
