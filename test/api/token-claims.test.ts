import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { parsed, send } from './lambda-events.ts';

const ORG = 'https://example.com/org_id';
const API_FUNCTIONS = 'cognito:groups';
const stacks: TestStack[] = [];
const newTokenStack = async (env: Record<string, string> = {}) => {
  const stack = await newStack({ AUTH_MODE: 'jwt', JWT_ORG_CLAIM: ORG, JWT_ROLE_CLAIM: API_FUNCTIONS, ...env });
  stacks.push(stack);
  return stack;
};
afterAll(() => Promise.all(stacks.map((stack) => stack.close())));

const create = async (stack: TestStack, claims: Record<string, unknown>) =>
  parsed(await send(stack, 'POST /sessions', { claims, body: '{}' }));

/** As the JWT authorizer passes on what is no text in the token; JSON and typed values, should it ever send such. */
const NO_IDS: [string, unknown][] = [
  ['a list of one', '[acme]'],
  ['a list of two', '[acme beta]'],
  ['an empty list', '[]'],
  ['a list in a list', '[[acme beta] gamma]'],
  ['a list with a line break in it', '[ac\nme]'],
  ['a list between blanks', ' [acme] '],
  ['a list as JSON', '["acme"]'],
  ['an object', 'map[id:acme name:Acme Inc.]'],
  ['an empty object', 'map[]'],
  ['an object as JSON', '{"id":"acme"}'],
  ['true', 'true'],
  ['false', 'false'],
  ['null', 'null'],
  ['null as Go writes it', '<nil>'],
  ['a number that was rounded', '1e+21'],
  ['a number that was rounded, with a point', '1.2345678901234567e+19'],
  ['a number that was rounded, as Java writes it', '1.0E21'],
  ['nothing', ''],
  ['a blank', ' '],
  ['blanks only', ' \u00a0\u2003'],
  ['a byte order mark', '\ufeff'],
  ['a blank without width', '\u200b'],
  ['a line separator', '\u2028'],
  ['a Mongolian vowel separator', '\u180e'],
  ['a filler, which looks like a blank', '\u3164\u2800'],
  ['a list behind a blank without width', '\u200b[acme]'],
  ['a list between what nobody sees', '\ufeff\u2028[acme]\u180e'],
  ['an address of an object', '&{acme}'],
  ['null as Python writes it', 'None'],
  ['null as SQL writes it', 'NULL'],
  ['nil', 'nil'],
  ['what JavaScript has for nothing', 'undefined'],
  ['what is no number', 'NaN'],
  ['what is beyond all numbers', '+Inf'],
  ['what is below all numbers', '-Inf'],
  ['true in capitals', 'TRUE'],
  ['false as Python writes it', 'False'],
  ['a wrong form of Go', '%!s(<nil>)'],
  ['a wrong form of Go of a number', '%!d(string=acme)'],
  ['a text as JSON', '"acme"'],
  ['a text as JSON between blanks', ' "acme" '],
  ['a typed list', ['acme']],
  ['a typed object', { id: 'acme' }],
  ['a typed null', null],
  ['a typed number', 7],
  ['a typed boolean', true],
];

const IDS: [string, string][] = [
  ['digits', '1234567890'],
  ['a negative number', '-1'],
  ['a version', '1.5'],
  ['hexadecimal digits that look like a number', '12e3'],
  ['a provider and an id', 'auth0|5fe435b5cbbc85006b071eba'],
  ['a blank inside', 'Acme Inc.'],
  ['blanks around, which are part of it', ' acme '],
  ['brackets inside', 'acme [eu] north'],
  ['a bracket that nothing closes', '[acme'],
  ['a word that only begins like an object', 'map[eu] acme'],
  ['a word with capitals', 'Null'],
  ['a word that begins like no value', 'Nonesuch'],
  ['a text with a quotation in it', 'the "acme" company'],
  ['a sign that changes how the one before it looks', '\u2764\ufe0f'],
  ['a percentage', '%5 club!'],
];

describe('the ids of a token', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await newTokenStack();
  });

  test.each(NO_IDS)('make no organisation of %s', async (_what, org) => {
    const answer = await create(stack, { sub: 'ada', [ORG]: org });
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    expect(answer.detail).toContain(`"${ORG}" must be a plain text`);
  });

  test.each(NO_IDS)('make no user of %s', async (_what, sub) => {
    const answer = await create(stack, { sub, [ORG]: 'acme' });
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    expect(answer.detail).toContain('"sub" must be a plain text');
  });

  test.each(IDS)('are taken as they are: %s', async (_what, id) => {
    expect(await create(stack, { sub: id, [ORG]: 'acme' })).toMatchObject({ userId: id, orgId: 'acme' });
    expect(await create(stack, { sub: 'ada', [ORG]: id })).toMatchObject({ userId: 'ada', orgId: id });
  });

  test.each([
    ['too long', 'a'.repeat(129)],
    ['with a control character', 'ac\u0000me'],
    ['a line break', '\n'],
  ])('that are %s are bad ids, as in every other way in', async (_what, id) => {
    const bad = (code: string) => ({ status: 400, code });
    expect(await create(stack, { sub: id, [ORG]: 'acme' })).toMatchObject(bad('INVALID_USER_ID'));
    expect(await create(stack, { sub: 'ada', [ORG]: id })).toMatchObject(bad('INVALID_ORG_ID'));
  });

  test('are looked at in time that grows with their length alone', async () => {
    const startedAt = performance.now();
    await create(stack, { sub: `a${'\u200b'.repeat(200_000)}b`, [ORG]: 'acme' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('are named where they are not there', async () => {
    expect((await create(stack, { sub: 'ada' })).detail).toBe(`The token has no claim "${ORG}".`);
    expect((await create(stack, { [ORG]: 'acme' })).detail).toBe('The token has no claim "sub".');
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'are not what every object inherits, when the claim is called %s',
    async (name) => {
      const other = await newTokenStack({ JWT_ORG_CLAIM: name, JWT_ROLE_CLAIM: name });
      const answer = await create(other, { sub: 'ada' });
      expect(answer).toMatchObject({ status: 401, detail: `The token has no claim "${name}".` });
      // As it comes by the wire, where `__proto__` is a name like any other.
      const own = JSON.parse(`{ "sub": "ada", "${name}": "acme" }`) as Record<string, unknown>;
      expect(await create(other, own)).toMatchObject({ userId: 'ada', orgId: 'acme' });
    },
  );
});

describe('the roles of a token', () => {
  const mayListOrg = async (stack: TestStack, groups: unknown) => {
    const claims = { sub: 'ada', [ORG]: 'acme', [API_FUNCTIONS]: groups };
    const query = { scope: 'org' };
    return (await send(stack, 'GET /sessions', { claims, queryStringParameters: query })).statusCode === 200;
  };
  const isOperator = async (stack: TestStack, groups: unknown) =>
    'all' in
    parsed(await send(stack, 'GET /usage', { claims: { sub: 'ada', [ORG]: 'acme', [API_FUNCTIONS]: groups } }));

  describe('with values of their own', () => {
    let stack: TestStack;
    beforeAll(async () => {
      stack = await newTokenStack({ JWT_ADMIN_ROLE: 'asm-admin', JWT_OPERATOR_ROLE: 'asm-operator' });
    });

    test.each([
      ['[Billing admin]', false],
      ['[admin]', false],
      ['admin', false],
      ['[operator]', false],
      ['[asm-administrators]', false],
      ['staff asm-admin', false],
      ['[asm-admin]', true],
      ['[Billing admin asm-admin]', true],
      ['asm-admin', true],
    ])('do not come from what others call theirs: %j makes an admin: %s', async (groups, isAdmin) => {
      expect(await mayListOrg(stack, groups)).toBe(isAdmin);
      expect(await isOperator(stack, groups)).toBe(false);
    });

    test.each([['[asm-admin asm-operator]'], ['[asm-operator asm-admin]'], ['[asm-operator]'], ['asm-operator']])(
      'are the higher of two: %j makes an operator',
      async (groups) => {
        expect(await isOperator(stack, groups)).toBe(true);
      },
    );
  });

  test('are parted by the one blank that API Gateway puts there, and by no other that is in a name', async () => {
    const stack = await newTokenStack();
    expect(await mayListOrg(stack, '[staff admin]')).toBe(true);
    for (const other of ['\u00a0', '\t', '\n', '\u2003']) {
      expect(await mayListOrg(stack, `[Billing${other}admin]`)).toBe(false);
    }
  });

  test.each(['[map[id:1 name:Site admin of x]]', '[[x admin y] z]', '["x" admin "y"]', '["admin"]', '[{x admin y}]'])(
    'are none where the list has something other than texts: %j made an admin',
    async (groups) => {
      const stack = await newTokenStack();
      expect(await mayListOrg(stack, groups)).toBe(false);
      expect(await isOperator(stack, groups.replace('admin', 'operator'))).toBe(false);
    },
  );

  test('may be the values of the other one, where a directory has it the other way round', async () => {
    const stack = await newTokenStack({ JWT_ADMIN_ROLE: 'operator', JWT_OPERATOR_ROLE: 'admin' });
    expect(await isOperator(stack, '[admin]')).toBe(true);
    expect(await isOperator(stack, '[operator]')).toBe(false);
  });
});
