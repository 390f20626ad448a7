/** Writes one file again and again, each time of one character, until it is killed: root, session id, file, characters. */
import { OneWorkspace } from './one-workspace.ts';

const [root = '', id = '', file = '', characters = ''] = process.argv.slice(2);
const own = new OneWorkspace(root, { id, userId: 'ada' });

for (let round = 0; ; round++) {
  await own.write(file, Buffer.alloc(512 * 1024, characters[round % characters.length]));
  if (round === 1) process.stdout.write('writing\n');
}
