import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { ok, refusal } from './door.ts';
import { workspaceOf, type Read } from './scenario-workspace.ts';
import { someone, type Scenario } from './stage.ts';

interface Entry {
  name: string;
  encodedName?: string;
  path?: string;
  encodedPath?: string;
}
interface Page {
  entries: Entry[];
  nextCursor?: string;
}

/** A name that is `V?ctor` with one byte that is not UTF-8. */
const odd = (root: string, byte: number) =>
  Buffer.concat([Buffer.from(`${root}/V`), Buffer.from([byte]), Buffer.from('ctor')]);

export const moveScenarios: Record<string, Scenario> = {
  'files and directories are moved and copied': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const transferBy = (operation: 'moveFile' | 'copyFile') => (from: string, to: string, more?: object) =>
      files.call(operation, { from, to, ...more });
    const [move, copy] = [transferBy('moveFile'), transferBy('copyFile')];
    await ok(files.put('a/one', 'one'));
    await ok(files.put('a/two', 'two'));
    await chmod(path.join(files.session.workspacePath, 'a', 'one'), 0o755);
    expect(await ok(move('a/one', 'b/c/one'))).toBeNull();
    expect(await ok(copy('a', 'b/copy'))).toBeNull();
    expect(await files.text('b/c/one')).toBe('one');
    expect(await files.text('b/copy/two')).toBe('two');
    expect((await ok<{ mode: string }>(files.call('statFile', { path: 'b/c/one' }))).mode).toBe('755');
    expect(await refusal(move('a/one', 'x'))).toBe('FILE_NOT_FOUND');
    for (const transfer of [move, copy]) {
      expect(await refusal(transfer('a/two', 'b/c/one'))).toBe('FILE_EXISTS');
      expect(await refusal(transfer('a', 'b', { overwrite: true }))).toBe('DIRECTORY_NOT_EMPTY');
      expect(await refusal(transfer('a', 'a/in'))).toBe('VALIDATION');
      expect(await refusal(transfer('a', '../out'))).toBe('PATH_OUTSIDE_WORKSPACE');
      expect(await refusal(transfer('/etc/passwd', 'out'))).toBe('PATH_OUTSIDE_WORKSPACE');
      expect(await refusal(transfer('', 'out'))).toBe('VALIDATION');
      await ok(transfer('a/two', 'b/c/one', { overwrite: true }));
      await ok(files.put('a/two', 'two'));
    }
    expect(await refusal(files.call('moveFile', { from: 'a', to: 'x', encodedTo: 'y' }))).toBe('VALIDATION');
    expect(await refusal(files.call('copyFile', { from: 'a' }))).toBe('VALIDATION');
    const stranger = { sessionId: files.session.id, from: 'a', to: 'x' };
    expect(await refusal(stage.door.call('moveFile', someone(stage), stranger))).toBe('SESSION_NOT_FOUND');
    expect((await readdir(files.session.workspacePath)).sort()).toEqual(['a', 'b']);
    await files.end();
  },

  'names that are not UTF-8 are listed, read, written, moved and removed by their bytes': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const root = files.session.workspacePath;
    await mkdir(odd(root, 0xee));
    await writeFile(odd(root, 0xed), 'odd');
    await ok(files.put('V%EDctor', 'plain'));
    const seen: Entry[] = [];
    let cursor: string | undefined;
    do {
      const page = await ok<Page>(files.call('listDirectory', { limit: 1, ...(cursor && { cursor }) }));
      seen.push(...page.entries);
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen.map(({ name, encodedName }) => [name, encodedName])).toEqual([
      ['V%EDctor', undefined],
      ['V\ufffdctor', 'V%EDctor'],
      ['V\ufffdctor', 'V%EEctor'],
    ]);
    const encodedPath = 'V%EDctor';
    const { content = '', etag } = await ok<Read>(files.call('readFile', { encodedPath }));
    expect(Buffer.from(content, 'base64').toString()).toBe('odd');
    await ok(files.call('statFile', { encodedPath, ifMatch: etag }));
    await ok(files.call('writeFile', { encodedPath, content: Buffer.from('new').toString('base64'), ifMatch: etag }));
    await ok(files.call('makeDirectory', { encodedPath: 'V%EEctor/%FF' }));
    await ok(files.call('moveFile', { encodedFrom: encodedPath, encodedTo: 'V%EEctor/%FF/%FE' }));
    await ok(files.call('copyFile', { encodedFrom: 'V%EEctor/%FF/%FE', to: 'copy' }));
    expect(await files.text('copy')).toBe('new');
    const tree = await ok<Page>(files.call('listDirectory', { encodedPath: 'V%EEctor', recursive: true }));
    expect(tree.entries.map((entry) => [entry.path, entry.encodedPath])).toEqual([
      ['V\ufffdctor/\ufffd', 'V%EEctor/%FF'],
      ['V\ufffdctor/\ufffd/\ufffd', 'V%EEctor/%FF/%FE'],
    ]);
    await ok(files.call('deleteFile', { encodedPath: 'V%EEctor/%FF/%FE' }));
    await ok(files.call('removeDirectory', { encodedPath: 'V%EEctor', recursive: true }));
    // What is UTF-8 may be encoded as well, and is the same file.
    expect(await ok<Read>(files.call('readFile', { encodedPath: 'V%25EDctor' }))).toMatchObject({
      content: Buffer.from('plain').toString('base64'),
    });
    expect((await readdir(root)).sort()).toEqual(['V%EDctor', 'copy']);
    await files.end();
  },

  'an encoded path is bound by the rules for paths, and is the only one': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a', 'a'));
    for (const [encodedPath, code] of [
      ['%2e%2e/x', 'PATH_OUTSIDE_WORKSPACE'],
      ['a/..%2f..', 'PATH_OUTSIDE_WORKSPACE'],
      ['%2Fetc', 'PATH_OUTSIDE_WORKSPACE'],
      ['a%00', 'VALIDATION'],
      ['%', 'VALIDATION'],
      ['%4', 'VALIDATION'],
      ['%g1', 'VALIDATION'],
      ['with space', 'VALIDATION'],
      ['\u00e9', 'VALIDATION'],
      ['%FF'.repeat(256), 'VALIDATION'],
    ]) {
      for (const operation of ['readFile', 'statFile', 'deleteFile', 'listDirectory', 'makeDirectory'] as const) {
        expect([encodedPath, await refusal(files.call(operation, { encodedPath }))]).toEqual([encodedPath, code]);
      }
    }
    const fields = [
      ['path', 'readFile', { path: 'a\0' }],
      ['encodedPath', 'readFile', { encodedPath: 'a%00' }],
      ['encodedPath', 'removeDirectory', { encodedPath: '.' }],
      ['encodedFrom', 'copyFile', { encodedFrom: '%00', to: 'x' }],
      ['encodedTo', 'moveFile', { from: 'a', encodedTo: '%61/x' }],
    ] as const;
    for (const [field, operation, input] of fields) {
      const reply = await files.call(operation, input);
      expect(reply).toMatchObject({ code: 'VALIDATION', details: { errors: [{ path: field }] } });
    }
    expect(await refusal(files.call('readFile', { path: 'a', encodedPath: 'a' }))).toBe('VALIDATION');
    expect(await refusal(files.call('readFile', {}))).toBe('VALIDATION');
    expect(await refusal(files.call('listDirectory', { path: '', encodedPath: 'a' }))).toBe('VALIDATION');
    await files.end();
  },

  'a directory is listed with what is below it, page by page and as deep as asked': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    for (const file of ['a/b/c', 'a/b-', 'a/b/d/e', 'f', 'a.txt']) await ok(files.put(file, file));
    const all = ['a', 'a/b', 'a/b/c', 'a/b/d', 'a/b/d/e', 'a/b-', 'a.txt', 'f'];
    const list = async (input: object) => {
      const found: (string | undefined)[] = [];
      let cursor: string | undefined;
      do {
        const more = cursor === undefined ? {} : { cursor };
        const page = await ok<Page>(files.call('listDirectory', { recursive: true, ...input, ...more }));
        found.push(...page.entries.map((entry) => entry.path));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return found;
    };
    for (const limit of [1, 2, 3, 100]) expect(await list({ limit })).toEqual(all);
    expect(await list({ depth: 1, limit: 2 })).toEqual(['a', 'a.txt', 'f']);
    expect(await list({ depth: 2, limit: 2 })).toEqual(['a', 'a/b', 'a/b-', 'a.txt', 'f']);
    expect(await list({ path: 'a/b', limit: 1 })).toEqual(['a/b/c', 'a/b/d', 'a/b/d/e']);
    expect(await refusal(files.call('listDirectory', { depth: 1 }))).toBe('VALIDATION');
    expect(await refusal(files.call('listDirectory', { recursive: true, depth: 0 }))).toBe('VALIDATION');
    for (const position of ['..', '/etc', 'a/../..', 'a\0']) {
      const cursor = Buffer.from(position).toString('base64url');
      expect(await refusal(files.call('listDirectory', { recursive: true, cursor }))).toBe('VALIDATION');
    }
    await files.end();
  },
};
