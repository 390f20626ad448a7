import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

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
    build.onLoad({ filter: /./, namespace: 'builtin import-statement' }, ({ path }) => ({
      contents: esModule(
        path,
        namesIn(path, () => true),
      ),
    }));
    // Here all are imported: those stay away that Node itself loads when they are first read.
    build.onLoad({ filter: /./, namespace: 'builtin dynamic-import' }, ({ path }) => ({
      contents: esModule(
        path,
        namesIn(path, (exported) => 'value' in exported),
      ),
    }));
  },
};

function namesIn(module: string, wanted: (exported: PropertyDescriptor) => boolean): string[] {
  const exported = Object.getOwnPropertyDescriptors(process.getBuiltinModule(`node:${module}`) as object);
  return Object.entries(exported)
    .filter(([name, descriptor]) => /^[a-z_$][\w$]*$/i.test(name) && name !== 'default' && wanted(descriptor))
    .map(([name]) => name);
}

function esModule(module: string, names: string[]): string {
  return `
    const it = ${moduleText(module)};
    const get = (name) => it[name];
    export default it;
    ${names.map((name) => `const it_${name} = /* @__PURE__ */ get('${name}');`).join('\n')}
    export { ${names.map((name) => `it_${name} as ${name}`).join(', ')} };`;
}

const NO_CONFIG_FILES = fileURLToPath(new URL('../lib/no-config-files.ts', import.meta.url));

/** `lib/no-config-files.ts` instead of the SDK's own, which nobody imports by a name that an alias could stand for. */
export const noConfigFiles: Plugin = {
  name: 'no-config-files',
  setup(build) {
    build.onResolve({ filter: /\/loadSharedConfigFiles$/ }, () => ({ path: NO_CONFIG_FILES, sideEffects: false }));
  },
};
