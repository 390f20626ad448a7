import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const PROJECT = path.resolve(import.meta.dirname, '../..');
const ROOMS = ['.', 'lib', 'functions', 'local', 'cdk', 'test', 'docs'];

/** A fenced block: the word after its fence, what else stands there, and its lines. */
export interface Block {
  language: string;
  info: string;
  text: string;
}

/** Its cells are Markdown. */
export interface Table {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** The paths of all documents of the project. */
export const documents: string[] = ROOMS.flatMap((room) =>
  readdirSync(path.join(PROJECT, room), { recursive: room !== '.' })
    .map((file) => path.join(room, String(file)))
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules')),
);

export const readDocument = (name: string): string => readFileSync(path.join(PROJECT, name), 'utf8');

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)(.*)\n([\s\S]*?)^```$/gm)].map(([, language = '', info = '', lines = '']) => ({
    language,
    info: info.trim(),
    text: lines,
  }));
}

/** The text outside of fenced blocks. */
export const proseOf = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');

/** What stands in back quotes in it. */
export const codeIn = (text: string): string[] =>
  [...proseOf(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

/** As GitHub names a heading in a link to it. */
export const anchorsOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** A table as Prettier aligns it. */
export function markdownOf({ head, rows }: Table): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_cell, column) => Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |\n`;
  const [first = [], ...others] = lines;
  return [first, widths.map((width) => '-'.repeat(width)), ...others].map(lineOf).join('');
}
