import { operations, type OperationName } from '../../lib/api/operations.ts';
import { crashSuite, everyTrial } from './crash-suite.ts';
import { worksOnFiles } from './works.ts';

const isOther = (operation: OperationName) => !worksOnFiles(operation);

crashSuite((Object.keys(operations) as OperationName[]).filter(isOther), everyTrial);
