import { chmod, link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, refusal, type Actor, type Door, type Reply } from './door.ts';
import { create, endAll, someone, type Scenario, type Stage } from './scenarios.ts';

interface Read {
  content?: string;
  etag: string;
  contentRange?: string;
}

interface Workspace {
  session: SessionInfo;
  put(path: string, content: string | Buffer, more?: object): Promise<Reply>;
  get(path: string, more?: object): Promise<Reply>;
  call(operation: Parameters<Door['call']>[0], input?: object): Promise<Reply>;
  text(path: string): Promise<string>;
  end(): Promise<void>;
}

async function workspaceOf({ door }: Stage, actor: Actor): Promise<Workspace> {
  const session = await create(door, actor);
  const call: Workspace['call'] = (operation, input = {}) =>
    door.call(operation, actor, { sessionId: session.id, ...input });
  const put: Workspace['put'] = (file, content, more) =>
    call('writeFile', { path: file, content: Buffer.from(content).toString('base64'), ...more });
  const get: Workspace['get'] = (file, more) => call('readFile', { path: file, ...more });
  const text = async (file: string) => {
    const { content = '' } = await ok<Read>(get(file));
    return Buffer.from(content, 'base64').toString();
  };
  return { session, put, get, call, text, end: () => endAll(door, actor, [session]) };
}

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

export const fileScenarios: Record<string, Scenario> = {
  'a file is written, read, replaced and deleted': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    expect(await refusal(files.get('notes/today.txt'))).toBe('FILE_NOT_FOUND');
    const first = await ok<Read>(files.put('notes/today.txt', 'one'));
    expect(first.etag).toMatch(/^".+"$/);
    expect(await ok<Read>(files.get('notes/today.txt'))).toMatchObject({
      content: Buffer.from('one').toString('base64'),
      etag: first.etag,
    });
    const onDisk = path.join(files.session.workspacePath, 'notes');
    expect((await stat(onDisk)).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(onDisk, 'today.txt'))).mode & 0o777).toBe(0o600);
    const second = await ok<Read>(files.put('./notes//today.txt', 'two'));
    expect(second.etag).not.toBe(first.etag);
    expect(await readFile(path.join(onDisk, 'today.txt'), 'utf8')).toBe('two');
    expect(await ok(files.call('deleteFile', { path: 'notes/today.txt' }))).toBeNull();
    expect(await refusal(files.call('deleteFile', { path: 'notes/today.txt' }))).toBe('FILE_NOT_FOUND');
    await files.end();
    expect(await refusal(files.get('notes/today.txt'))).toBe('SESSION_NOT_FOUND');
    expect(await refusal(files.put('notes/today.txt', 'x'))).toBe('SESSION_NOT_FOUND');
    await expect(stat(files.session.workspacePath)).rejects.toThrow('ENOENT');
  },

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

  'bytes of every value and files without any come back as they were': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const every = Buffer.from(Array.from({ length: 256 * 3 }, (_, index) => index % 256));
    for (const content of [every, Buffer.alloc(0), Buffer.from('\uFEFFtext\r\n'), Buffer.from([0xff, 0xfe, 0x00])]) {
      await ok(files.put('data.bin', content));
      const read = await ok<Read>(files.get('data.bin'));
      expect(Buffer.from(read.content ?? '', 'base64')).toEqual(content);
      expect(await readFile(path.join(files.session.workspacePath, 'data.bin'))).toEqual(content);
    }
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

  'conditions: written only where nothing is, or where it is what was read': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const { etag } = await ok<Read>(files.put('a', 'one', { ifNoneMatch: '*' }));
    expect(await files.put('a', 'two', { ifNoneMatch: '*' })).toMatchObject({
      code: 'PRECONDITION_FAILED',
      details: { etag },
    });
    const next = await ok<Read>(files.put('a', 'two', { ifMatch: etag }));
    for (const ifMatch of [etag, '"other"', 'nonsense']) {
      expect(await refusal(files.put('a', 'three', { ifMatch }))).toBe('PRECONDITION_FAILED');
      expect(await refusal(files.get('a', { ifMatch }))).toBe('PRECONDITION_FAILED');
      expect(await refusal(files.call('deleteFile', { path: 'a', ifMatch }))).toBe('PRECONDITION_FAILED');
    }
    expect(await refusal(files.put('new/b', 'x', { ifMatch: '*' }))).toBe('PRECONDITION_FAILED');
    expect(await refusal(files.put('b', 'x', { ifMatch: '*' }))).toBe('PRECONDITION_FAILED');
    expect(await refusal(files.call('listDirectory', { path: 'new' }))).toBe('FILE_NOT_FOUND');
    expect(await refusal(files.put('a', 'x', { ifNoneMatch: next.etag }))).toBe('VALIDATION');
    expect(await files.text('a')).toBe('two');
    const unmodified = await ok<Read>(files.get('a', { ifNoneMatch: `"other", ${next.etag}` }));
    expect(unmodified.content ?? '').toBe('');
    expect(unmodified.etag).toBe(next.etag);
    expect((await ok<Read>(files.get('a', { ifNoneMatch: etag }))).content).toBe(Buffer.from('two').toString('base64'));
    await ok(files.call('deleteFile', { path: 'a', ifMatch: next.etag }));
    await files.end();
  },

  'ranges of a file': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('digits', '0123456789'));
    const ranges: [string, string, string][] = [
      ['bytes=0-0', '0', 'bytes 0-0/10'],
      ['bytes=2-5', '2345', 'bytes 2-5/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=-99', '0123456789', 'bytes 0-9/10'],
      ['bytes=5-99', '56789', 'bytes 5-9/10'],
    ];
    for (const [range, content, contentRange] of ranges) {
      const read = await ok<Read>(files.get('digits', { range }));
      expect([Buffer.from(read.content ?? '', 'base64').toString(), read.contentRange]).toEqual([
        content,
        contentRange,
      ]);
    }
    const behind = await files.get('digits', { range: 'bytes=10-' });
    expect(behind).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE', details: { size: 10 } });
    for (const range of ['bytes=5-2', 'bytes=', 'bytes=-', 'bytes=-0', 'bytes=0-1,3-4', 'bytes=a-b']) {
      expect(await refusal(files.get('digits', { range }))).toBe('VALIDATION');
    }
    expect((await ok<Read>(files.get('digits', { range: 'lines=1-2' }))).contentRange).toBeUndefined();
    await ok(files.put('empty', ''));
    expect(await refusal(files.get('empty', { range: 'bytes=0-' }))).toBe('RANGE_NOT_SATISFIABLE');
    await files.end();
  },

  'a request carries up to 4 MiB, larger files go up in parts and down in ranges': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    const most = 4 * 1024 * 1024;
    const content = Buffer.alloc(most, 'abcdefg');
    await ok(files.put('most', content));
    expect(Buffer.from((await ok<Read>(files.get('most'))).content ?? '', 'base64').equals(content)).toBe(true);
    const tooLarge = await files.put('more', Buffer.alloc(most + 1));
    expect(tooLarge).toMatchObject({ code: 'FILE_TOO_LARGE', details: { size: most + 1, limit: most } });
    await writeFile(path.join(files.session.workspacePath, 'big'), Buffer.concat([content, Buffer.from('end')]));
    expect(await files.get('big')).toMatchObject({ code: 'FILE_TOO_LARGE', details: { size: most + 3 } });
    const begin = await ok<Read>(files.get('big', { range: 'bytes=0-' }));
    expect(begin.contentRange).toBe(`bytes 0-${most - 1}/${most + 3}`);
    const rest = await ok<Read>(files.get('big', { range: `bytes=${most}-`, ifMatch: begin.etag }));
    expect(Buffer.from(rest.content ?? '', 'base64').toString()).toBe('end');
    await files.end();
  },

  'parts come one after the other, again, and are a file only when all are there': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a', 'old'));
    const part = (contentRange: string, content = '', more = {}) => files.put('a', content, { contentRange, ...more });
    expect(await ok(part('bytes */10'))).toMatchObject({ received: 0, total: 10 });
    expect(await ok(part('bytes 0-3/10', '0123'))).toEqual({ received: 4, total: 10 });
    expect(await part('bytes 6-9/10', '6789')).toMatchObject({
      code: 'RANGE_NOT_SATISFIABLE',
      details: { received: 4, total: 10 },
    });
    expect(await ok(part('bytes 0-3/10', '0123'))).toEqual({ received: 4, total: 10 });
    expect(await ok(part('bytes 2-6/10', '23456'))).toEqual({ received: 7, total: 10 });
    expect(await ok(part('bytes */10'))).toEqual({ received: 7, total: 10 });
    expect(await ok(part('bytes 0-1/10', 'xy', { uploadId: 'another' }))).toEqual({ received: 2, total: 10 });
    expect(await files.text('a')).toBe('old');
    expect(await ok(files.call('listDirectory'))).toMatchObject({ entries: [{ name: 'a', size: 3 }] });
    expect(await refusal(part('bytes 7-9/10', '789', { ifNoneMatch: '*' }))).toBe('PRECONDITION_FAILED');
    const { etag } = await ok<Read>(part('bytes 7-9/10', '789'));
    expect(await ok<Read>(files.get('a'))).toMatchObject({ etag });
    expect(await files.text('a')).toBe('0123456789');
    for (const [range, content] of [
      ['bytes 0-3/10', '012'],
      ['bytes 3-0/10', ''],
      ['bytes 0-3/3', '0123'],
      ['bytes */10', 'x'],
      ['bytes 0-3/*', '0123'],
      ['0-3/10', '0123'],
    ] as const) {
      expect(await refusal(part(range, content))).toBe('VALIDATION');
    }
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

  'no path leads out of the workspace': async (stage) => {
    const actor = someone(stage);
    const files = await workspaceOf(stage, actor);
    const neighbour = await workspaceOf(stage, actor);
    await ok(neighbour.put('secret', 'secret'));
    const outside = neighbour.session.workspacePath;
    const root = files.session.workspacePath;
    await mkdir(path.join(root, 'own'));
    await symlink(outside, path.join(root, 'out'));
    await symlink(path.join(outside, 'secret'), path.join(root, 'own', 'secret'));
    await link(path.join(outside, 'secret'), path.join(root, 'hard'));
    const neighbourId = neighbour.session.id;
    for (const bad of [
      `../${neighbourId}/secret`,
      `own/../../${neighbourId}/secret`,
      `${outside}/secret`,
      'out/secret',
    ]) {
      for (const operation of [
        'readFile',
        'deleteFile',
        'listDirectory',
        'makeDirectory',
        'removeDirectory',
      ] as const) {
        expect(await refusal(files.call(operation, { path: bad }))).toBe('PATH_OUTSIDE_WORKSPACE');
      }
      expect(await refusal(files.put(bad, 'changed'))).toBe('PATH_OUTSIDE_WORKSPACE');
    }
    expect(await refusal(files.get('own/secret'))).toBe('PATH_OUTSIDE_WORKSPACE');
    expect(await refusal(files.put('own/secret', 'changed'))).toBe('PATH_OUTSIDE_WORKSPACE');
    expect(await refusal(files.get('hard'))).toBe('PATH_OUTSIDE_WORKSPACE');
    await ok(files.put('hard', 'replaced, not changed'));
    await ok(files.call('deleteFile', { path: 'own/secret' }));
    expect(await neighbour.text('secret')).toBe('secret');
    await files.end();
    expect(await neighbour.text('secret')).toBe('secret');
    await neighbour.end();
  },

  'the workspace of somebody else does not exist, whatever is asked': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a', 'mine'));
    const sessionId = files.session.id;
    const stranger = someone(stage);
    for (const operation of ['readFile', 'writeFile', 'deleteFile', 'makeDirectory', 'removeDirectory'] as const) {
      const asked = stage.door.call(operation, stranger, { sessionId, path: 'a' });
      expect(await refusal(asked)).toBe('SESSION_NOT_FOUND');
    }
    for (const operation of ['listDirectory', 'getWorkspaceUsage'] as const) {
      expect(await refusal(stage.door.call(operation, stranger, { sessionId }))).toBe('SESSION_NOT_FOUND');
    }
    expect(await files.text('a')).toBe('mine');
    await files.end();
  },

  'what a workspace holds is told': async (stage) => {
    const files = await workspaceOf(stage, someone(stage));
    await ok(files.put('a/b/c', '12345'));
    await ok(files.put('d', '123'));
    const { measuredAt, ...usage } = await ok<{ measuredAt: string }>(files.call('getWorkspaceUsage'));
    expect(usage).toEqual({ bytes: 8, files: 2, complete: true });
    expect(new Date(measuredAt).toISOString()).toBe(measuredAt);
    await files.end();
  },
};
