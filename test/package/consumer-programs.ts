import { expect, test } from '@jest/globals';
import type { LocalServer } from '../local/local-server.ts';
import type { ConsumerProject } from './consumer-project.ts';

interface World {
  project: ConsumerProject;
  server: LocalServer;
  environment: Record<string, string>;
  activeOf: (userId: string) => Promise<number>;
}

/** The programs of `consumer/`, in the project in which the package is installed. */
export function testPrograms(of: () => World): void {
  test('a manager is made by hand and closed; then the process ends by itself', async () => {
    const printed = JSON.parse(await of().project.node(['made-by-hand.js'], of().environment)) as Record<
      string,
      unknown
    >;
    expect(printed).toMatchObject({
      session: { userId: 'made', orgId: 'by-hand', workspacePath: expect.stringContaining('/made/') },
      prompt: 'You help made.',
      refused: expect.stringContaining('MaxSessionsReachedError'),
      written: { existed: false },
    });
    expect(await of().activeOf('made')).toBe(0);
  });

  test('errors have types where their code is compared', async () => {
    expect(await of().project.node(['typed-errors.js'])).toBe('5 of the org, unknown SOMETHING_NEW, not of ours');
  });

  test('the clients take a time and a signal, say what was there, and go through all sessions', async () => {
    const printed = await of().project.node(['typed-clients.js'], { API_URL: of().server.url });
    expect(JSON.parse(printed)).toEqual({ existed: false, again: true, found: true, seen: ['notes'] });
  });
}
