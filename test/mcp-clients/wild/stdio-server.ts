import { closeSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { RPC_MODES, usualAnswer, type Rpc, type RpcMode } from './rpc-modes.ts';

/** The stub over stdio: the first argument names its mode. It runs without the loader of the tests, so it imports little. */
const ENDINGS: Record<string, (request: Rpc) => void> = {
  'exit code 3 in a call': () => process.exit(3),
  'a signal in a call': () => process.kill(process.pid, 'SIGKILL'),
  'an exit after an answer without its newline': (request) => {
    writeSync(1, JSON.stringify(usualAnswer(request)));
    process.exit(0);
  },
  'an output that is closed in a call': () => {
    closeSync(1);
    setInterval(() => undefined, 1_000);
  },
  'a line without an end': () => void process.stdout.write('x'.repeat(13 * 1024 * 1024)),
};

/** Some servers take no request before they are initialized. */
const EXITS = 'an exit at server/discover';

const mode = process.argv[2] ?? '';
const answer: RpcMode = RPC_MODES[mode as keyof typeof RPC_MODES] ?? RPC_MODES.usual;
if (mode === 'exit code 3') process.exit(3);

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line) as Rpc;
  if (request.id === undefined || request.method === undefined) return;
  if (request.method === 'server/discover' && mode === EXITS) process.exit(1);
  if (request.method === 'tools/call' && ENDINGS[mode]) return ENDINGS[mode](request);
  for (const sent of answer(request, usualAnswer(request))) {
    process.stdout.write(`${typeof sent === 'string' ? sent : JSON.stringify(sent)}\n`);
  }
});
