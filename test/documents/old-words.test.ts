import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { sourceFiles } from '../structure/source-files.ts';
import { documents, PROJECT, proseOf, readDocument } from './markdown.ts';

/** The project's own words, by the word that engineers know for each. */
const OLD_WORDS: Readonly<Record<string, RegExp>> = {
  'report, receive, return': /\b(told|tells?)\b/gi,
  'the actor by name': /\b(nobody|somebody|whoever)\b/gi,
  'audit log': /\btrails?\b/gi,
  'scan, pass': /\brounds?\b/gi,
  'termination of the MCP session': /\bfarewells?\b/gi,
  'staged in .pending': /\b(made|kept) aside\b/gi,
  'published, publish the workspace': /\bmoved? in\b/gi,
  'rolled back': /\b(taken? back|takes back)\b/gi,
  again: /\b(anew|once more)\b/gi,
  'results from, is caused by': /\b(comes? of|comes? by)\b/gi,
  resumes: /\b(takes? up|taken up)\b/gi,
  orphaned: /\b(stray|lonely)\b/gi,
  'change event': /\bnews\b/gi,
  'snapshot, candidate': /\b(witness|suspect)s?\b/gi,
  'is in, depends on, means': /\b(stands?|stood) (in|on|for)\b/gi,
  corrects: /\b(puts?|putting) (it |them |these )?right\b/gi,
  'still, anyway': /\ball the same\b/gi,
  'concurrently, in the meantime': /\bmeanwhile\b/gi,
  'next to, in addition to': /\bbesides?\b/gi,
  'immediately; at the same time': /\bat once\b/gi,
  'entry point, handler': /\bdoors?\b/gi,
  'requests, calls': /\b(asks|is asked) for\b/gi,
};

const FOLDERS = ['lib', 'functions', 'local', 'cdk'];
const COUNTS = path.join(PROJECT, 'test/documents/old-words.json');

function commentsIn(text: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, text);
  const comments: string[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const isComment = kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia;
    if (isComment) comments.push(scanner.getTokenText());
  }
  return comments.join('\n');
}

function counts(): Record<string, number> {
  // What is in code is a name, which may be stored or sent.
  const prose = documents.map((name) => proseOf(readDocument(name)).replaceAll(/`[^`\n]*`/g, ''));
  const comments = sourceFiles(...FOLDERS).map(({ syntax }) => commentsIn(syntax.text).replaceAll(/`[^`\n]*`/g, ''));
  const text = [...prose, ...comments].join('\n');
  return Object.fromEntries(Object.entries(OLD_WORDS).map(([word, old]) => [word, [...text.matchAll(old)].length]));
}

test('the project’s own words become fewer: each text is written with the words that engineers know', () => {
  const kept = JSON.parse(readFileSync(COUNTS, 'utf8')) as Record<string, number>;
  // More: write the word on the left instead. Fewer: lower the number in old-words.json.
  expect(counts()).toEqual(kept);
});
