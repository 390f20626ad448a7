import { chmod, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { ok, refusal, type Reply } from './door.ts';
import { someone, type Scenario } from './stage.ts';
import { workspaceOf } from './scenario-workspace.ts';

const existed = async (reply: Promise<Reply>) => {
  const answer = await reply;
  if (!answer.ok) throw new Error(`refused with ${answer.code}: ${answer.message}`);
  return answer.existed;
};

const NAMES = [
  'plain.txt',
  'with space',
  ' leading and trailing ',
  '100%',
  '%2e%2e',
  '%',
  'a+b',
  'a?b',
  'a#b',
  'a&b=c',
  'a=b',
  'a;b',
  'a,b',
  '"quoted"',
  "it's",
  'back\\slash',
  '..leading',
  '...',
  '.hidden',
  'line\nbreak',
  'tab\tand bell\u0007',
  'é precomposed',
  'e\u0301 decomposed',
  '日本語',
  '🦊',
  'عربى',
  '-rf',
  '~',
  '*',
  'CON',
  'x'.repeat(255),
  'é'.repeat(127),
  '__proto__',
  'constructor',
];

export const directoryScenarios: Record<string, Scenario> = {
  'whether a file or a directory was there is told': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    // What invocations do not tell is undefined.
    expect([false, undefined]).toContain(await existed(files.put('a', '1')));
    expect([true, undefined]).toContain(await existed(files.put('a', '2')));
    expect([false, undefined]).toContain(await existed(files.call('makeDirectory', { path: 'd/e' })));
    expect([true, undefined]).toContain(await existed(files.call('makeDirectory', { path: 'd/e/' })));
    expect([true, undefined]).toContain(await existed(files.call('makeDirectory', { path: '.' })));
    await files.end();
  },

  'names of every kind come back as they were': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const forEachName = (step: (name: string) => Promise<void>) => Promise.all(NAMES.map(step));
    await forEachName(async (name) => {
      await ok(files.put(`in/${name}`, name));
      expect(await files.text(`in/${name}`)).toBe(name);
      expect(await readFile(path.join(files.session.workspacePath, 'in', name), 'utf8')).toBe(name);
    });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await ok<{ entries: { name: string; type: string }[]; nextCursor?: string }>(
        files.call('listDirectory', { path: 'in', limit: 10, ...(cursor && { cursor }) }),
      );
      expect(page.entries.every(({ type }) => type === 'file')).toBe(true);
      found.push(...page.entries.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(found).toEqual([...NAMES].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))));
    await forEachName(async (name) => void (await ok(files.call('deleteFile', { path: `in/${name}` }))));
    await ok(files.call('removeDirectory', { path: 'in' }));
    expect(await ok(files.call('listDirectory'))).toEqual({ entries: [] });
    await files.end();
  },

  'directories are made, listed and removed': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.call('makeDirectory', { path: 'a/b/c' }));
    await ok(files.put('a/file', '12345'));
    const root = files.session.workspacePath;
    await symlink('/etc/passwd', path.join(root, 'a', 'link'));
    const listed = await ok<{ entries: { modifiedAt: string }[] }>(files.call('listDirectory', { path: 'a' }));
    expect(listed.entries).toMatchObject([
      { name: 'b', type: 'directory', size: 0 },
      { name: 'file', type: 'file', size: 5 },
      { name: 'link', type: 'symlink', size: 0 },
    ]);
    for (const { modifiedAt } of listed.entries) expect(new Date(modifiedAt).toISOString()).toBe(modifiedAt);
    expect(await refusal(files.call('removeDirectory', { path: 'a' }))).toBe('DIRECTORY_NOT_EMPTY');
    expect(await refusal(files.call('removeDirectory', { path: 'a/file' }))).toBe('NOT_A_FILE');
    expect(await refusal(files.call('removeDirectory', { path: 'a/file', recursive: true }))).toBe('NOT_A_FILE');
    expect(await refusal(files.call('removeDirectory', { path: 'none' }))).toBe('FILE_NOT_FOUND');
    expect(await refusal(files.call('removeDirectory', { path: '', recursive: true }))).toBe('VALIDATION');
    expect(await refusal(files.call('makeDirectory', { path: 'a/file' }))).toBe('NOT_A_FILE');
    expect(await refusal(files.call('makeDirectory', { path: 'a/file/below' }))).toBe('NOT_A_FILE');
    expect(await refusal(files.put('a/b', 'x'))).toBe('NOT_A_FILE');
    expect(await refusal(files.put('d/', 'x'))).toBe('NOT_A_FILE');
    expect(await refusal(files.get('a/b'))).toBe('NOT_A_FILE');
    expect(await refusal(files.call('deleteFile', { path: 'a/b' }))).toBe('NOT_A_FILE');
    expect(await refusal(files.call('listDirectory', { path: 'a/file' }))).toBe('NOT_A_FILE');
    await ok(files.call('removeDirectory', { path: 'a/b/c' }));
    await chmod(path.join(root, 'a', 'b'), 0o500);
    await ok(files.call('removeDirectory', { path: 'a', recursive: true }));
    expect(await ok(files.call('listDirectory', { path: '' }))).toEqual({ entries: [] });
    await files.end();
  },
};
