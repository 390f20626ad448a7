import path from 'node:path';
import { build } from 'esbuild';
import { builtinModules, NEVER_LOADED, noConfigFiles, writtenApiDescription } from './bundle-plugins.ts';

/**
 * Bundles `functions/<name>.ts` into a directory: ES modules with everything in them, the AWS SDK included, so that
 * versions are ours. Functions that were imported when they are needed are files of their own, not read before.
 *
 *     bundle-function.ts <name> <directory>
 */
const projectRoot = path.resolve(import.meta.dirname, '..');
const [name = '', outdir = ''] = process.argv.slice(2);

await build({
  absWorkingDir: projectRoot,
  stdin: {
    contents: `import './lib/mapped-stacks.ts'; export * from './functions/${name}.ts';`,
    resolveDir: projectRoot,
    sourcefile: `functions/${name}.mjs`,
  },
  entryNames: 'index',
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  chunkNames: '[hash]',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: 'external',
  sourcesContent: false,
  external: NEVER_LOADED,
  alias: { '@aws-sdk/credential-provider-node': './lib/environment-credentials.ts' },
  plugins: [builtinModules, noConfigFiles, writtenApiDescription],
  logLevel: 'error',
});
