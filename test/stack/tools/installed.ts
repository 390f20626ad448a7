import { execFileSync } from 'node:child_process';

/** Whether a program is on the path. Where it is not, nothing is checked: it says so, and the run fails. */
export function isInstalled(program: string, pythonPackage: string): boolean {
  try {
    execFileSync(program, ['--help'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`NOT CHECKED: ${program} is not installed (pip install ${pythonPackage}).\n`);
    process.exitCode = 1;
    return false;
  }
}
