import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { openApiDocument } from '../lib/api/openapi/openapi-document.ts';

const IMPORT_OF_BUILTIN = /\bimport\(['"]node:([\w/]+)['"]\)/g;

const moduleText = (name: string) => `process.getBuiltinModule('node:${name}')`;

/**
 * Node's own modules by `process.getBuiltinModule`. Importing one as an ES module reads all that it exports, and with that
 * loads what nobody asked for: of `node:http` a whole other HTTP client.
 */
export const builtinModules: Plugin = {
  name: 'builtin-modules',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      isBuiltin(path)
        ? { path: path.replace(/^node:/, ''), namespace: `builtin ${kind}`, sideEffects: false }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'builtin require-call' }, ({ path }) => ({
      contents: `module.exports = ${moduleText(path)};`,
    }));
    // Each name by itself: esbuild leaves out those that nobody imports.
    build.onLoad({ filter: /./, namespace: 'builtin import-statement' }, ({ path }) => ({ contents: esModule(path) }));
    // What is imported when it is needed would be a file of its own.
    build.onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(IMPORT_OF_BUILTIN, (_, name: string) => `Promise.resolve(${moduleText(name)})`);
      return contents === text ? undefined : { contents };
    });
  },
};

function exportedBy(module: string): Record<string, PropertyDescriptor> {
  const exported = Object.entries(
    Object.getOwnPropertyDescriptors(process.getBuiltinModule(`node:${module}`) as object),
  );
  return Object.fromEntries(exported.filter(([name]) => /^[a-z_$][\w$]*$/i.test(name) && name !== 'default'));
}

/** Functions load their module when they are first called: whoever never deflates anything does without `node:zlib`. */
function esModule(module: string): string {
  const exported = exportedBy(module);
  const names = Object.keys(exported);
  const wayTo = (name: string) =>
    isFileStream(module, name) ? 'instancesOf' : isFunction(module, name, exported[name]?.value) ? 'call' : 'get';
  return `
    let loaded;
    const load = () => (loaded ??= ${moduleText(module)});
    const get = (name) => load()[name];
    const call = (name) => (...args) => load()[name](...args);
    const instancesOf = (name) => ({ [Symbol.hasInstance]: (value) => value instanceof load()[name] });
    const all = /* @__PURE__ */ load();
    export default all;
    ${names.map((name) => `const it_${name} = /* @__PURE__ */ ${wayTo(name)}('${name}');`).join('\n')}
    export { ${names.map((name) => `it_${name} as ${name}`).join(', ')} };`;
}

/** Only ever asked whether a body is one, which texts are not: reading the class loads Node's file streams. */
const isFileStream = (module: string, name: string): boolean => module === 'fs' && /^(Read|Write)Stream$/.test(name);

/** No class; and nothing that has another form for `util.promisify`, which a function around it would lack. */
const isFunction = (module: string, name: string, value: unknown): boolean =>
  typeof value === 'function' &&
  /^[a-z]/.test(name) &&
  (module.endsWith('/promises') || Object.getOwnPropertySymbols(value).length === 0);

const NO_CONFIG_FILES = fileURLToPath(new URL('./bundled/no-config-files.ts', import.meta.url));

/** `cdk/bundled/no-config-files.ts` instead of the SDK's own, which nobody imports by a name that an alias could stand for. */
export const noConfigFiles: Plugin = {
  name: 'no-config-files',
  setup(build) {
    build.onResolve({ filter: /\/loadSharedConfigFiles$/ }, () => ({ path: NO_CONFIG_FILES, sideEffects: false }));
  },
};

export const OPENAPI_DOCUMENT = 'lib/api/openapi/openapi-document.ts';
const OPENAPI_FILTER = /\/openapi-document\.ts$/;

/** The API's description as it is when the bundle is made, instead of what makes it. */
export const writtenApiDescription: Plugin = {
  name: 'written-api-description',
  setup(build) {
    build.onLoad({ filter: OPENAPI_FILTER }, () => ({
      contents: `export const openApiDocument = () => (${JSON.stringify(openApiDocument())});`,
    }));
  },
};

/**
 * The SDK imports them when it meets a stream of events, of which none of our requests has one, or a browser. As a part of
 * the bundle each would make files of what it has in common with the rest, which every start would read.
 */
export const NEVER_LOADED = ['@smithy/core/event-streams', 'bowser'];

/**
 * A module that is imported when it is needed, as a file next to the bundle that has nothing in common with it: what they
 * shared would be files of their own, which every start reads.
 */
export const beside = (filter: RegExp, file: string): Plugin => ({
  name: `beside ${file}`,
  setup(build) {
    build.onResolve({ filter }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: `./${file}`, external: true } : undefined,
    );
  },
});
