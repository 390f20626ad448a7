import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

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
    const text = (path: string) => `process.getBuiltinModule('node:${path}')`;
    build.onLoad({ filter: /./, namespace: 'builtin require-call' }, ({ path }) => ({
      contents: `module.exports = ${text(path)};`,
    }));
    // Each name by itself: esbuild leaves out those that nobody imports.
    build.onLoad({ filter: /./, namespace: 'builtin import-statement' }, ({ path }) => ({
      contents: esModule(path, () => true),
    }));
    build.onLoad({ filter: /./, namespace: 'builtin dynamic-import' }, ({ path }) => ({
      contents: esModule(path, (exported) => 'value' in exported),
    }));

    function esModule(path: string, wanted: (exported: PropertyDescriptor) => boolean): string {
      const exports = Object.getOwnPropertyDescriptors(process.getBuiltinModule(`node:${path}`) as object);
      const names = Object.entries(exports).flatMap(([name, exported]) =>
        /^[a-z_$][\w$]*$/i.test(name) && !RESERVED.has(name) && wanted(exported) ? [name] : [],
      );
      return [
        `const module = ${text(path)};`,
        'const get = (name) => module[name];',
        'export default module;',
        ...names.map((name) => `const it_${name} = /* @__PURE__ */ get('${name}'); export { it_${name} as ${name} };`),
      ].join('\n');
    }
  },
};

/** `default` is the module itself. */
const RESERVED = new Set(['default']);
