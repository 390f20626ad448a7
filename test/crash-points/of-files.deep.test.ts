import { crashSuite } from './crash-suite.ts';

crashSuite({ onFiles: true, sees: ['DynamoDB', 'fs'] });
