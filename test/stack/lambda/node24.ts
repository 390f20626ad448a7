import { node24FromNpm } from '../../../local/node24/node24.mjs';

/** The path of a Node 24, which is what the functions run on: this process's own if it is one, else from npm. */
export function node24(): string {
  return process.versions.node.startsWith('24.') ? process.execPath : node24FromNpm();
}
