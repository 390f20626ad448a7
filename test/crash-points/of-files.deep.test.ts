import { operations, type OperationName } from '../../lib/api/operations.ts';
import { crashSuite, everyTrial } from './crash-suite.ts';
import { worksOnFiles } from './works.ts';

crashSuite((Object.keys(operations) as OperationName[]).filter(worksOnFiles), everyTrial);
