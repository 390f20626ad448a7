import type { FileHandle } from 'node:fs/promises';
import { currentProcess, outside } from './simulated-process.ts';

type Functions = Record<string, unknown>;
type Call = (...args: unknown[]) => Promise<unknown>;

/** They give streams. */
const NOT_COUNTED = new Set(['constructor', 'createReadStream', 'createWriteStream', 'readableWebStream']);
/** It gives an iterator, at once. */
const WATCH = 'watch';

/** `node:fs/promises`, with every call counted, those of the handles that it opens included. */
export function countedFileSystem(real: Functions): Functions {
  const calls = Object.entries(real).map(([name, value]) => {
    return [name, typeof value === 'function' && name !== WATCH ? counted(name, value as Call) : value];
  });
  return Object.fromEntries(calls) as Functions;
}

function counted(name: string, call: Call): Call {
  return async (...args) => {
    return outside({ name: `fs.${name}`, overNetwork: false }, async () => {
      const answer = await call(...args);
      return name === 'open' ? countedHandle(answer as FileHandle) : answer;
    });
  };
}

function countedHandle(handle: FileHandle): FileHandle {
  const process = currentProcess();
  process?.open.add(handle);
  const methods = new Set(Object.getOwnPropertyNames(Object.getPrototypeOf(handle)));
  return new Proxy(handle, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as Call;
      const name = String(property);
      if (name === 'close') {
        // Nothing changes by it, so it is no place to be cut short at.
        process?.open.delete(target);
        return method;
      }
      if (!methods.has(name) || NOT_COUNTED.has(name)) return method;
      return (...args: unknown[]) => outside({ name: `fs.handle.${name}`, overNetwork: false }, () => method(...args));
    },
  });
}
