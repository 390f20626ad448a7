import { appendFileSync, readFileSync } from 'node:fs';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { newServer, type Mode } from './two-eras.ts';

/** A server of the official SDK over stdio. The first argument is a file with what it speaks, the second one for its calls. */
const [, , modeFile = '', callsFile = ''] = process.argv;
const mode = readFileSync(modeFile, 'utf8') as Mode;
const server = () => newServer((n) => appendFileSync(callsFile, `${n}\n`));

if (mode === 'legacy') await server().connect(new StdioServerTransport());
else serveStdio(server, { legacy: mode === 'modern' ? 'reject' : 'serve' });
