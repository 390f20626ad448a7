import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, type Actor, type Door, type Reply } from './door.ts';
import { create, endAll, type Stage } from './stage.ts';

export interface Read {
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

export async function workspaceOf({ door }: Stage, actor: Actor): Promise<Workspace> {
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
