import { expect } from '@jest/globals';
import type { PromptPreview } from '../../lib/prompts/prompt-layers.ts';
import type { PromptLayer } from '../../lib/prompts/prompt-layer.ts';
import { rawJson } from '../../lib/json/raw-json.ts';
import type { SessionInfo } from '../../lib/sessions/session.ts';
import { ok, refusal, type Actor, type Door } from './door.ts';
import type { Scenario, Stage } from './stage.ts';

function people({ fresh }: Stage) {
  const user: Actor = { userId: fresh('user'), orgId: fresh('org') };
  const admin: Actor = { userId: fresh('user'), orgId: user.orgId, role: 'admin' };
  const operator: Actor = { userId: fresh('user'), orgId: fresh('org'), role: 'operator' };
  return { user, admin, operator };
}

const put = (door: Door, actor: Actor, layer: Record<string, unknown>) =>
  ok<PromptLayer>(door.call('putPrompt', actor, layer));

async function promptOfNewSession(door: Door, actor: Actor, input = {}): Promise<string> {
  const { id: sessionId } = await ok<SessionInfo>(door.call('createSession', actor, input));
  const { systemPrompt } = await ok<{ systemPrompt: string }>(door.call('getSystemPrompt', actor, { sessionId }));
  await ok(door.call('cleanupSession', actor, { sessionId }));
  return systemPrompt;
}

export const promptScenarios: Record<string, Scenario> = {
  'a prompt layer is made, found, replaced and removed': async (stage) => {
    const { door } = stage;
    const { admin } = people(stage);
    const tone = { scope: 'org', promptId: 'tone.1' };
    expect(await refusal(door.call('getPrompt', admin, tone))).toBe('PROMPT_NOT_FOUND');
    expect(await refusal(door.call('deletePrompt', admin, tone))).toBe('PROMPT_NOT_FOUND');
    const made = await door.call('putPrompt', admin, {
      ...tone,
      content: 'Be kind.',
      variables: { a: [1, { b: '' }] },
    });
    expect(made).toMatchObject({ ok: true });
    expect('existed' in made ? made.existed : false).toBe(false);
    const layer = await ok<PromptLayer>(door.call('getPrompt', admin, tone));
    expect(layer).toEqual({
      ...{ id: 'tone.1', name: 'tone.1', content: 'Be kind.', variables: { a: [1, { b: '' }] } },
      ...{ priority: 0, isActive: true, version: expect.any(Number) },
      ...{ createdAt: expect.any(String), updatedAt: layer.createdAt },
    });
    const change = { ...tone, name: 'Tone', template: 'Be {{how}}.', priority: -7, isActive: false };
    const replaced = await door.call('putPrompt', admin, { ...change, version: layer.version });
    expect('existed' in replaced ? replaced.existed : true).toBe(true);
    const now = await ok<PromptLayer>(door.call('getPrompt', admin, tone));
    expect(now).toMatchObject({ name: 'Tone', template: 'Be {{how}}.', priority: -7, isActive: false, variables: {} });
    expect(now).not.toHaveProperty('content');
    expect(now.version).toBeGreaterThan(layer.version);
    await put(door, admin, { scope: 'org', promptId: 'a', content: 'A' });
    const { prompts } = await ok<{ prompts: PromptLayer[] }>(door.call('listPrompts', admin, { scope: 'org' }));
    expect(prompts.map(({ id }) => id)).toEqual(['a', 'tone.1']);
    expect(prompts[1]).toEqual(now);
    expect(await ok(door.call('deletePrompt', admin, { ...tone, version: now.version }))).toBeNull();
    expect(await refusal(door.call('getPrompt', admin, tone))).toBe('PROMPT_NOT_FOUND');
  },

  'a write with a stale version of a prompt layer is a conflict': async (stage) => {
    const { door } = stage;
    const { admin } = people(stage);
    const tone = { scope: 'user', userId: stage.fresh('user'), promptId: 'tone' };
    const first = await put(door, admin, { ...tone, content: 'one' });
    const second = await put(door, admin, { ...tone, content: 'two', version: first.version });
    for (const stale of [{ version: first.version }, { version: second.version + 1 }, {}]) {
      const refused = await door.call('putPrompt', admin, { ...tone, content: 'three', ...stale });
      expect(refused).toMatchObject({ ok: false, code: 'PROMPT_CONFLICT', details: { version: second.version } });
    }
    const removal = { ...tone, version: first.version };
    expect(await refusal(door.call('deletePrompt', admin, removal))).toBe('PROMPT_CONFLICT');
    expect(await ok(door.call('getPrompt', admin, tone))).toEqual(second);
    expect(await ok(door.call('deletePrompt', admin, tone))).toBeNull();
    const again = { ...tone, content: 'four' };
    expect(await refusal(door.call('putPrompt', admin, { ...again, version: second.version }))).toBe('PROMPT_CONFLICT');
    expect((await put(door, admin, again)).version).toBeGreaterThan(second.version);
  },

  'a new session begins with the layers of its organisation and user': async (stage) => {
    const { door } = stage;
    const { user, admin } = people(stage);
    const mine = { scope: 'user', userId: user.userId };
    await put(door, admin, { scope: 'org', promptId: 'rules', content: 'Be kind.' });
    await put(door, admin, { ...mine, promptId: 'who', template: '{{userId}} of {{orgId}} & {{task}}', priority: 5 });
    await put(door, admin, { ...mine, promptId: 'off', content: 'Be rude.', isActive: false });
    const promptVariables = { task: '<{{userId}}>', userId: 'root', orgId: 'root' };
    const expected = `${user.userId} of ${user.orgId} & <{{userId}}>\n\nBe kind.`;
    expect(await promptOfNewSession(door, user, { promptVariables })).toBe(expected);
    const preview = { userId: user.userId, promptVariables };
    expect(await ok<PromptPreview>(door.call('previewPrompt', admin, preview))).toMatchObject({
      systemPrompt: expected,
      layers: [
        { scope: 'user', id: 'who', name: 'who', priority: 5 },
        { scope: 'org', id: 'rules', name: 'rules', priority: 0 },
      ],
      warnings: [],
    });
    const namesake: Actor = { userId: user.userId, orgId: stage.fresh('org') };
    expect(await promptOfNewSession(door, namesake)).toBe('');
  },

  'a layer that cannot be composed is a warning, and fails a create that requires its prompt': async (stage) => {
    const { door } = stage;
    const { user, admin } = people(stage);
    const endless = { template: '{{#list}}{{#list}}{{#list}}x{{/list}}{{/list}}{{/list}}' };
    await put(door, admin, { scope: 'org', promptId: 'rules', content: 'Be kind.' });
    await put(door, admin, { scope: 'org', promptId: 'endless', ...endless });
    const request = { promptVariables: { list: Array.from({ length: 200 }, () => 1) } };
    const warnings = ['layer org/endless left out: too large'];
    const made = await ok<SessionInfo>(door.call('createSession', user, request));
    expect(made).toMatchObject({ status: 'active', warnings });
    const sessionId = made.id;
    expect(await ok(door.call('getSystemPrompt', user, { sessionId }))).toEqual({ systemPrompt: 'Be kind.' });
    expect(await ok(door.call('getSession', user, { sessionId }))).not.toHaveProperty('warnings');
    await ok(door.call('cleanupSession', user, { sessionId }));
    const required = { ...request, promptRequired: true, idempotencyKey: stage.fresh('key') };
    const refused = await door.call('createSession', user, required);
    expect(refused).toMatchObject({ ok: false, code: 'PROMPT_COMPOSITION', details: { warnings } });
    expect(await ok(door.call('listSessions', user, {}))).toEqual({ sessions: [] });
    expect(await ok(door.call('getUsage', user, {}))).toMatchObject({ user: { active: 0 }, org: { active: 0 } });
    // The key was not taken: another request has it.
    const fine = { promptRequired: true, idempotencyKey: required.idempotencyKey };
    const first = await door.call('createSession', user, fine);
    expect('existed' in first && first.existed).toBe(false);
    const again = await ok<SessionInfo>(door.call('createSession', user, fine));
    expect(first).toMatchObject({ ok: true, output: { id: again.id } });
    expect(again).not.toHaveProperty('warnings');
    const other = { ...fine, promptRequired: false };
    expect(await refusal(door.call('createSession', user, other))).toBe('IDEMPOTENCY_CONFLICT');
    await ok(door.call('cleanupSession', user, { sessionId: again.id }));
  },

  'prompt layers are for admins of the organisation, global ones for operators': async (stage) => {
    const { door } = stage;
    const { user, admin, operator } = people(stage);
    const stranger: Actor = { userId: admin.userId, orgId: stage.fresh('org'), role: 'admin' };
    const id = { promptId: stage.fresh('layer') };
    const layer = { ...id, content: 'text' };
    const org = { scope: 'org' };
    await put(door, admin, { ...org, ...layer });
    expect(await refusal(door.call('getPrompt', stranger, { ...org, ...id }))).toBe('PROMPT_NOT_FOUND');
    expect(await ok(door.call('listPrompts', stranger, org))).toEqual({ prompts: [] });
    const named = { ...org, orgId: admin.orgId };
    expect(await refusal(door.call('getPrompt', stranger, { ...named, ...id }))).toBe('FORBIDDEN');
    expect(await refusal(door.call('listPrompts', stranger, named))).toBe('FORBIDDEN');
    expect(await refusal(door.call('putPrompt', stranger, { ...named, ...layer }))).toBe('FORBIDDEN');
    expect(await refusal(door.call('deletePrompt', stranger, { ...named, ...id }))).toBe('FORBIDDEN');
    expect(await refusal(door.call('previewPrompt', stranger, { orgId: admin.orgId }))).toBe('FORBIDDEN');
    expect(await ok(door.call('getPrompt', operator, { ...named, ...id }))).toMatchObject({ content: 'text' });
    for (const scope of [org, { scope: 'global' }, { scope: 'user', userId: user.userId }]) {
      expect(await refusal(door.call('putPrompt', user, { ...scope, ...layer }))).toBe('FORBIDDEN');
      expect(await refusal(door.call('getPrompt', user, { ...scope, ...id }))).toBe('FORBIDDEN');
      expect(await refusal(door.call('deletePrompt', user, { ...scope, ...id }))).toBe('FORBIDDEN');
      expect(await refusal(door.call('listPrompts', user, scope))).toBe('FORBIDDEN');
    }
    expect(await refusal(door.call('previewPrompt', user, {}))).toBe('FORBIDDEN');
    const everywhere = { scope: 'global', ...id };
    expect(await refusal(door.call('putPrompt', admin, { scope: 'global', ...layer }))).toBe('FORBIDDEN');
    const made = await put(door, operator, { scope: 'global', ...layer });
    expect(await ok(door.call('getPrompt', admin, everywhere))).toEqual(made);
    expect(await ok(door.call('previewPrompt', stranger, {}))).toMatchObject({ systemPrompt: 'text' });
    expect(await refusal(door.call('deletePrompt', admin, everywhere))).toBe('FORBIDDEN');
    expect(await ok(door.call('deletePrompt', operator, everywhere))).toBeNull();
  },

  'a bad prompt layer is refused with the field’s path': async (stage) => {
    const { door } = stage;
    const { admin, user } = people(stage);
    const good = { scope: 'org', promptId: 'p', content: 'text' };
    const bad: [Record<string, unknown>, string][] = [
      [{ ...good, content: undefined }, 'content'],
      [{ ...good, template: 'both' }, 'content'],
      [{ ...good, content: undefined, template: 'Hello {{#name}}' }, 'template'],
      [{ ...good, content: undefined, template: 'Hello {{name' }, 'template'],
      [{ ...good, content: undefined, template: '{{> other}}' }, 'template'],
      [{ ...good, content: 'x'.repeat(64 * 1024 + 1) }, 'content'],
      [{ ...good, variables: { a: 'x'.repeat(16 * 1024) } }, 'variables'],
      [{ ...good, variables: JSON.parse('{"a":{"__proto__":1}}') as object }, '__proto__'],
      [{ ...good, variables: { a: rawJson('9007199254740993') } }, 'variables.a'],
      [{ ...good, priority: 1.5 }, 'priority'],
      [{ ...good, isActive: 'yes' }, 'isActive'],
      [{ ...good, version: 0 }, 'version'],
      [{ ...good, name: '' }, 'name'],
      [{ ...good, colour: 'red' }, 'colour'],
      [{ ...good, scope: 'team' }, 'scope'],
      [{ ...good, promptId: 'a b' }, 'promptId'],
      [{ ...good, promptId: 'x'.repeat(65) }, 'promptId'],
      [{ ...good, scope: 'user' }, 'userId'],
      [{ ...good, userId: user.userId }, 'userId'],
    ];
    for (const [input, path] of bad) {
      const reply = await door.call('putPrompt', admin, input);
      expect([path, reply]).toMatchObject([path, { ok: false, code: 'VALIDATION', details: { errors: [{ path }] } }]);
    }
    const nobody = { ...good, scope: 'user', userId: 'x'.repeat(129) };
    expect(await refusal(door.call('putPrompt', admin, nobody))).toBe('INVALID_USER_ID');
    expect(await ok(door.call('listPrompts', admin, { scope: 'org' }))).toEqual({ prompts: [] });
    const odd = { ...good, promptId: '__proto__', variables: { constructor: { toString: 'x' } } };
    expect(await put(door, admin, odd)).toMatchObject({ id: '__proto__', variables: odd.variables });
    expect(await ok(door.call('getPrompt', admin, { scope: 'org', promptId: '__proto__' }))).toHaveProperty('version');
  },
};
