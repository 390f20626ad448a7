import { readFileSync } from 'node:fs';
import path from 'node:path';

export const PROJECT = path.resolve(import.meta.dirname, '../..');

/** A fenced block: the word after its fence, what else stands there, and its lines. */
export interface Block {
  language: string;
  info: string;
  text: string;
}

export const readDocument = (name: string): string => readFileSync(path.join(PROJECT, name), 'utf8');

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)(.*)\n([\s\S]*?)^```$/gm)].map(([, language = '', info = '', lines = '']) => ({
    language,
    info: info.trim(),
    text: lines,
  }));
}
