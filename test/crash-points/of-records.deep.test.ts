import { crashSuite } from './crash-suite.ts';

crashSuite({ onFiles: false, sees: ['DynamoDB', 'fs', 'KMS', 'EFS', 'MCP'] });
