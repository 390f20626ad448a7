import { createInterface } from 'node:readline';
import { RPC_MODES, usualAnswer, type Rpc, type RpcMode } from './rpc-modes.ts';

/** The stub over stdio: the first argument names its mode. It runs without the loader of the tests, so it imports little. */
const ENDINGS: Record<string, () => void> = {
  'exit code 3 in a call': () => process.exit(3),
  'a signal in a call': () => process.kill(process.pid, 'SIGKILL'),
  'a line without an end': () => void process.stdout.write('x'.repeat(13 * 1024 * 1024)),
};

const mode = process.argv[2] ?? '';
const answer: RpcMode = RPC_MODES[mode as keyof typeof RPC_MODES] ?? RPC_MODES.usual;
if (mode === 'exit code 3') process.exit(3);

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line) as Rpc;
  if (request.id === undefined || request.method === undefined) return;
  if (request.method === 'tools/call') ENDINGS[mode]?.();
  for (const sent of answer(request, usualAnswer(request))) {
    process.stdout.write(`${typeof sent === 'string' ? sent : JSON.stringify(sent)}\n`);
  }
});
