/** Writes the tables of the documents that say again what a table of the code says. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { documents, PROJECT } from './markdown.ts';
import { withTables } from './written-tables.ts';

for (const name of documents) {
  const file = path.join(PROJECT, name);
  const text = readFileSync(file, 'utf8');
  const written = withTables(text);
  if (written !== text) writeFileSync(file, written);
}
