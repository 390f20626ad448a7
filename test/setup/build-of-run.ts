import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { node24FromNpm } from '../../local/node24/node24.mjs';
import { cloneProject } from './clone-project.ts';
import { oncePerRun } from './once-per-run.ts';

/** A clone of the project in which `npm pack` has built all that it packs. */
export const buildOfRun = (): Promise<string> =>
  oncePerRun('build', async (clone) => {
    // The checkout keeps it.
    try {
      node24FromNpm();
    } catch {
      // The build says what this means for it.
    }
    await cloneProject(clone);
    await promisify(execFile)('npm', ['run', 'prepack'], { cwd: clone, maxBuffer: 1 << 26 });
  });
