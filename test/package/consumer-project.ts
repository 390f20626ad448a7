import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildOfRun } from '../setup/build-of-run.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../..');
const NAME = 'agent-session-manager';
const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2023',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  // Packages are links: each finds what is installed beside the link, and not what developers have beside its target.
  preserveSymlinks: true,
};

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  peerDependencies: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  bin: Record<string, string>;
}

interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** An empty TypeScript project elsewhere, in which the package is installed, with what it depends on and nothing else. */
export class ConsumerProject {
  readonly root: string;
  /** Where the package is in it. */
  readonly installed: string;
  readonly manifest: Manifest;

  private constructor(root: string, installed: string, manifest: Manifest) {
    this.root = root;
    this.installed = installed;
    this.manifest = manifest;
  }

  /** Packs what is in this checkout, once built, and installs that. */
  static async create(): Promise<ConsumerProject> {
    const root = await realpath(await mkdtemp(path.join(tmpdir(), 'consumer-')));
    const build = await buildOfRun();
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', root], build);
    const installed = path.join(root, 'node_modules', NAME);
    await mkdir(installed, { recursive: true });
    await run(
      'tar',
      ['-xzf', `${NAME}-${(await readManifest(PROJECT)).version}.tgz`, '-C', installed, '--strip-components=1'],
      root,
    );
    const manifest = await readManifest(installed);
    await installCommands(installed, manifest);
    const project = new ConsumerProject(root, installed, manifest);
    await project.install(...Object.keys(manifest.dependencies ?? {}));
    await writeFile(path.join(root, 'package.json'), '{ "private": true, "type": "module" }');
    await writeFile(path.join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
    return project;
  }

  /** Installs packages that this checkout has, with what they depend on, and asks no registry. */
  async install(...names: string[]): Promise<void> {
    for (const name of names) {
      const place = path.join(this.root, 'node_modules', name);
      if (existsSync(place)) continue;
      const here = path.join(PROJECT, 'node_modules', name);
      await mkdir(path.dirname(place), { recursive: true });
      await symlink(here, place);
      await this.install(...(await dependenciesOf(here)));
    }
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(path.join(this.root, file)), { recursive: true });
    await writeFile(path.join(this.root, file), text);
  }

  /** What the compiler finds wrong with the project, the declarations of all packages included. */
  async compile(): Promise<string> {
    const compiler = path.join(PROJECT, 'node_modules/typescript/bin/tsc');
    return run(process.execPath, [compiler, '--pretty', 'false'], this.root).catch(
      (thrown: { stdout: string }) => thrown.stdout,
    );
  }

  /** Runs a module of the project with nothing else in its environment; gives what it prints. */
  node(args: string[], env: Record<string, string> = {}): Promise<string> {
    const { PATH, HOME } = process.env;
    return run(process.execPath, ['--preserve-symlinks', ...args], this.root, {
      PATH,
      HOME,
      ...env,
    });
  }

  /** Runs the package's command, as it is installed, by `npx`; gives what it prints and its exit code. */
  async command(args: string[], env: Record<string, string> = {}): Promise<CommandResult> {
    const { PATH, HOME } = process.env;
    const all = {
      PATH,
      HOME,
      NODE_OPTIONS: '--preserve-symlinks',
      // What npm thinks of the settings of this machine is another matter.
      npm_config_loglevel: 'error',
    };
    return promisify(execFile)('npx', ['--no-install', NAME, ...args], {
      cwd: this.root,
      env: { ...all, ...env },
    }).then(
      (told) => ({ exitCode: 0, ...told }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        exitCode: code,
        stdout,
        stderr,
      }),
    );
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** As npm does: its commands become executable, with links in the directory where `npx` looks for them. */
async function installCommands(installed: string, { bin }: Manifest): Promise<void> {
  const links = path.join(installed, '../.bin');
  await mkdir(links, { recursive: true });
  for (const [command, file] of Object.entries(bin)) {
    await chmod(path.join(installed, file), 0o755);
    await symlink(path.join('..', NAME, file), path.join(links, command));
  }
}

/** What a package needs beside it; so do the packages that lie in it, which may need each other too. */
async function dependenciesOf(directory: string, outer = directory): Promise<string[]> {
  const { dependencies = {} } = await readManifest(directory);
  const needed = Object.keys(dependencies).map(async (name) => {
    const inside = path.join(directory, 'node_modules', name);
    if (existsSync(inside)) return dependenciesOf(inside, outer);
    return existsSync(path.join(outer, 'node_modules', name)) ? [] : [name];
  });
  return (await Promise.all(needed)).flat();
}

const readManifest = async (directory: string): Promise<Manifest> =>
  JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as Manifest;

async function run(command: string, args: string[], cwd: string, env = process.env): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 1 << 26 });
  return stdout;
}
