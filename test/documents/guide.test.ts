import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { cloneProject } from '../setup/clone-project.ts';
import { blocksOf, readDocument, type Block } from './markdown.ts';
import { Terminal } from './terminal.ts';

const LONG = 180_000;
const PATH_IN_GUIDE = '/home/you/agent-session-manager';
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Puts names in place of what differs from run to run: the same id has the same one wherever it comes again. */
function newMask(): (text: string) => string {
  const ids: string[] = [];
  const nameOf = (id: string) => {
    if (!ids.includes(id)) ids.push(id);
    return `<id ${ids.indexOf(id) + 1}>`;
  };
  return (text) => text.replaceAll(TIME, '<time>').replaceAll(ID, nameOf).trim();
}

/** The guide's commands, and the README's first ones, in a copy of the project, on ports of their own. */
describe('docs/guide.md', () => {
  let clone: string;
  let here: (text: string) => string;
  let env: NodeJS.ProcessEnv;
  const terminals: Terminal[] = [];
  const open = (more: NodeJS.ProcessEnv = {}) => {
    const terminal = new Terminal(clone, { ...env, ...more });
    terminals.push(terminal);
    return terminal;
  };

  beforeAll(async () => {
    clone = await mkdtemp(path.join(tmpdir(), 'guide-'));
    await cloneProject(clone);
    await mkdir(path.join(clone, '.local'));
    const [port, mcpPort] = [await getPort({ host: '127.0.0.1' }), await getPort({ host: '127.0.0.1' })];
    here = (text) => text.replaceAll('3000', String(port)).replaceAll('3001', String(mcpPort));
    const { PATH, HOME, DOCKER_HOST, JAVA_TOOL_OPTIONS } = process.env;
    env = { PATH, HOME, DOCKER_HOST, JAVA_TOOL_OPTIONS, PORT: String(port) };
  });
  afterAll(async () => {
    await Promise.all(terminals.map((terminal) => terminal.close()));
    await rm(clone, { recursive: true, force: true, maxRetries: 3 });
  }, LONG);

  test(
    'shows what its commands print',
    async () => {
      const blocks = blocksOf(here(readDocument('docs/guide.md')));
      const [inGuide, inRun] = [newMask(), newMask()];
      const main = open();
      for (const [index, block] of blocks.entries()) {
        const shown = outputAfter(blocks, index);
        if (block.info.startsWith('file=')) await writeFile(path.join(clone, block.info.slice(5)), block.text);
        if (block.language !== 'bash') continue;
        if (block.info === 'terminal') await open().leave(block.text, shown.trim().split('\n'));
        else if (block.info !== 'docker' || isThereDocker()) {
          const { printed, exitCode } = await main.run(block.text);
          const came = { commands: block.text, printed: inRun(printed.replaceAll(clone, PATH_IN_GUIDE)), exitCode };
          expect(came).toEqual({ commands: block.text, printed: inGuide(shown), exitCode: 0 });
        }
      }
    },
    LONG,
  );

  test('is followed by the commands that the README begins with, on the same server', async () => {
    const [tour] = blocksOf(here(readDocument('README.md'))).filter(({ language }) => language === 'bash');
    const { printed, exitCode } = await open().run(tour?.text ?? '');
    expect(printed).toContain('"name":"draft.md"');
    expect(printed).toContain('"user":{"active":1,"limit":null}');
    expect(exitCode).toBe(0);
  });
});

/** What the text block says that follows this one, if one does. */
function outputAfter(blocks: Block[], index: number): string {
  const next = blocks[index + 1];
  return next?.language === 'text' ? next.text : '';
}

/** A container needs a running Docker and the image: a test loads none. */
function isThereDocker(): boolean {
  try {
    execFileSync('docker', ['image', 'inspect', 'node:24-alpine'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
