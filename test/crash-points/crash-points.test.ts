import { crashSuite, everyDeath } from './crash-suite.ts';

/** Those with the most steps; `crash-points.deep.test.ts` has them all. */
crashSuite(['createSession', 'cleanupSession', 'writeFile', 'addMcpClient', 'grantWorkspaceAccess'], everyDeath);
