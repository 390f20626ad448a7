import type { OperationName } from '../../lib/api/operations.ts';
import { crashSuite, everyTrial } from './crash-suite.ts';
import { operations } from '../../lib/api/operations.ts';

crashSuite(Object.keys(operations) as OperationName[], everyTrial);
