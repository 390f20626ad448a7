import { describe, expect, test } from '@jest/globals';
import { commandsBelow } from './all-commands.ts';
import { commandLine } from './run-command-line.ts';

/** Nothing answers there: what gets so far was accepted. */
const NOWHERE = { SESSION_MANAGER_URL: 'http://127.0.0.1:9', SESSION_MANAGER_USER: 'ada', SESSION_MANAGER_ORG: 'acme' };
const NO_ANSWER = 6;
const run = (args: string[], env: Record<string, string> = {}) => commandLine(args, { env: { ...NOWHERE, ...env } });

/** What a place or an option takes. */
const WORDS: Readonly<Record<string, string>> = {
  scope: 'org',
  type: 'http',
  limit: '5',
  role: 'admin',
  url: 'http://127.0.0.1:9',
};
const wordFor = (name: string, type = ''): string => WORDS[name] ?? (type === 'number' ? '3' : 'x=y');

describe('an option of the command line', () => {
  // Most were accepted, and the last one was used. Some crashed: "UNEXPECTED: value.toWellFormed is not a function".
  test('that is given twice is refused in a sentence, whichever it is, unless it is made for that', async () => {
    const commands = await commandsBelow();
    expect(commands.length).toBeGreaterThan(35);
    const repeatable = new Set<string>();
    const common = new Set(commands.find(({ words }) => words[0] === 'health')?.options.map(({ name }) => name));
    expect(common.size).toBe(10);
    for (const { words, places, options } of commands) {
      const named = places.map((place) => wordFor(place.replaceAll(/[<>.]/g, '')));
      const needed = options.filter(({ isRequired }) => isRequired).map(({ name }) => `--${name}=x`);
      for (const { name, type } of options.filter((one) => words[0] === 'health' || !common.has(one.name))) {
        const once = type === 'boolean' ? [`--${name}`] : [`--${name}`, wordFor(name, type)];
        const told = await run([...words, ...named, ...needed, ...once, ...once]);
        if (told.stderr.includes(`--${name} is given more than once.`)) {
          expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
        } else repeatable.add(name);
      }
    }
    expect([...repeatable].sort()).toEqual(['metadata', 'remove']);
  }, 60_000);

  test.each([
    ['by another spelling of it', ['list', '--of-user', 'a', '--ofUser', 'b'], 'is given more than once'],
    ['with a query that is empty', ['list', '--url', 'http://127.0.0.1:9?'], 'must end with its path'],
    ['with a capital after its dash', ['list', '--token-File=a', '--token-file=b'], 'is given more than once'],
    ['by its short name too', ['files', 'rm', 'x', 'y', '-r', '--recursive'], 'is given more than once'],
    ['by its short name in a group', ['files', 'rm', 'x', 'y', '-rdr'], 'is given more than once'],
    ['with its opposite', ['list', '--all', '--no-all'], 'is given more than once'],
    ['for a version', ['metadata', 'x', 'a=b', '--version', '1', '--if-version', '1'], 'is given more than once'],
    ['for an argument with a place', ['get', 'x', '--sessionId', 'y'], '--sessionId is not an option'],
    ['for such an argument, in its other spelling', ['get', 'x', '--session-id=y'], '--session-id is not an option'],
    ['without a value', ['list', '--cursor', '--all'], '--cursor needs a value'],
    ['of several, with an empty value', ['create', '--metadata='], '--metadata needs a value'],
    ['of several, with an empty value in its place', ['metadata', 'x', '--remove', ''], '--remove needs a value'],
    ['for JSON, with an empty value', ['create', '--prompt-variables', ''], '--prompt-variables is not JSON'],
    ['without a value, at the end', ['list', '--user'], '--user needs a value'],
    [
      'without a value, before what follows --',
      ['mcp', 'add', 'x', 'y', '--name', '--', 'node'],
      '--name needs a value',
    ],
    ['for a number that is none', ['watch', '--count', 'many'], '--count must be a number'],
    ['for a number that is empty', ['list', '--limit='], '--limit must be a number'],
    ['for yes or no, with another value', ['list', '--all=maybe'], '--all is given alone, or with =true or =false'],
    [
      'for metadata whose name is there already',
      ['create', '--metadata', 'a=1', '--metadata', 'a=2'],
      'more than once',
    ],
    ['to remove what it sets', ['metadata', 'x', 'a=1', '--remove', 'a'], 'more than once'],
    ['with a value that is not one of its own', ['list', '--role', 'boss'], 'Choices: "admin", "operator"'],
    ['for a change that is missing', ['metadata', 'x', '--version', '3'], 'needs a change'],
  ])('is refused %s', async (_what, args, sentence) => {
    const told = await run(args);
    expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^USAGE: [^\n]+\n$/) });
    expect(told.stderr).toContain(sentence);
    expect(told.stderr).not.toContain('\\n');
  });

  // `--json=true` printed a table, and its errors for people.
  test.each([
    [['--json'], true],
    [['--json=true'], true],
    [['--json', 'true'], true],
    [['--json=false'], false],
    [['--json', 'false'], false],
    [['--no-json'], false],
    [['--', '--json'], false],
  ])('for JSON is understood as %j', async (args, isJson) => {
    const failed = await run(['end', 'x', ...args]);
    expect(failed.stderr.startsWith('{')).toBe(isJson);
    if (args[0] === '--') return;
    const done = await run(['completion', 'bash', ...args]);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(isJson ? /^{/ : /^#/) });
  });

  test('may begin with a byte order mark, in arguments and in the environment', async () => {
    const mark = '\uFEFF';
    const told = await run([`${mark}list`, `${mark}--limit=${mark}2`, '--user', `${mark}ada`], {
      SESSION_MANAGER_URL: `${mark}http://127.0.0.1:9`,
      SESSION_MANAGER_TOKEN: `${mark}token`,
    });
    expect(told).toMatchObject({
      code: NO_ANSWER,
      stderr: expect.stringContaining('http://127.0.0.1:9 does not answer'),
    });
  });
});
