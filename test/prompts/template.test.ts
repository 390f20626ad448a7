import { describe, expect, test } from '@jest/globals';
import { TemplateTooLarge, problemOfTemplate, renderTemplate } from '../../lib/prompts/template.ts';

const ROOM = 1_000;
const render = (template: string, view = {}, room = ROOM) => renderTemplate(template, view, room);

describe('a template', () => {
  test.each([
    ['Hello {{name}}.', { name: 'Ada' }, 'Hello Ada.'],
    ['{{name}}', { name: '<b>"&\'`=/' }, '<b>"&\'`=/'],
    ['{{{name}}}{{&name}}', { name: '<b>' }, '<b><b>'],
    ['{{user.name}} {{user.tags.1}}', { user: { name: 'Ada', tags: ['a', 'b'] } }, 'Ada b'],
    ['{{#tags}}[{{.}}]{{/tags}}', { tags: ['a', 'b'] }, '[a][b]'],
    ['{{#on}}yes{{/on}}{{^on}}no{{/on}}', { on: false }, 'no'],
    ['{{#user}}{{name}} of {{org}}{{/user}}', { user: { name: 'Ada' }, org: 'acme' }, 'Ada of acme'],
    [
      '{{list}} {{object}} {{number}} {{flag}}',
      { list: [1], object: { a: 'b' }, number: 0, flag: true },
      '[1] {"a":"b"} 0 true',
    ],
    ['{{none}}{{null}}{{a.b.c}}', { null: null, a: 'text' }, ''],
    ['{{=<% %>=}}<% name %> {{name}}', { name: 'Ada' }, 'Ada {{name}}'],
  ])('%s', (template, view, expected) => {
    expect(problemOfTemplate(template)).toBeUndefined();
    expect(render(template, view)).toBe(expected);
  });

  test('takes values as they are, whatever they look like', () => {
    const value = '{{secret}}{{#secret}}x{{/secret}}{{> p}}{{=<% %>=}}<%secret%>';
    expect(render('{{value}} {{{value}}}', { value, secret: 'no' })).toBe(`${value} ${value}`);
  });

  test.each([
    'constructor',
    'toString',
    '__proto__',
    'hasOwnProperty',
    'constructor.name',
    'list.map',
    'list.push',
    'text.trim',
    '__proto__.constructor',
  ])('does not reach %s, which objects inherit', (name) => {
    const view = { list: ['a'], text: 'b' };
    expect(render(`[{{${name}}}{{#${name}}}x{{/${name}}}{{^${name}}}none{{/${name}}}]`, view)).toBe('[none]');
    expect(render(`{{#list}}[{{${name}}}]{{/list}}`, view)).toBe('[]');
  });

  test('reaches names of such properties where they are the view’s own', () => {
    expect(
      render('{{constructor}} {{toString.constructor}}', { constructor: 'a', toString: { constructor: 'b' } }),
    ).toBe('a b');
    const view = { user: { name: 'Ada' }, constructor: 'outer' };
    expect(render('{{#user}}{{name}} {{constructor}}{{/user}}', view)).toBe('Ada outer');
  });

  test.each([
    ['Hello {{name', 'Unclosed tag'],
    ['{{#a}}', 'Unclosed section "a"'],
    ['{{/a}}', 'Unopened section "a"'],
    ['{{#a}}{{/b}}', 'Unclosed section "a"'],
    ['{{=<%=}}', 'Invalid tags'],
    ['{{#a}}{{> header}}{{/a}}', 'partial'],
    [`${'{{#a}}'.repeat(21)}${'{{/a}}'.repeat(21)}`, 'deep'],
    [`{{${' '.repeat(500)}`, 'white space'],
  ])('%s is refused: %s', (template, problem) => {
    expect(problemOfTemplate(template)).toContain(problem);
  });

  test('ends where it grows beyond its room, or turns round too often', () => {
    const list = Array.from({ length: 1_000 }, () => 'x');
    expect(render('{{#list}}{{.}}{{/list}}', { list }, 1_000)).toHaveLength(1_000);
    expect(() => render('{{#list}}{{.}}{{/list}}', { list }, 999)).toThrow(TemplateTooLarge);
    const startedAt = performance.now();
    expect(() => render('{{#list}}{{#list}}{{#list}}{{/list}}{{/list}}{{/list}}', { list })).toThrow(TemplateTooLarge);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
