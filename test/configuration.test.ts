import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../lib/configuration.ts';

describe('the configuration', () => {
  test('takes an empty variable for an unset one', () => {
    expect(readConfig({ MAX_SESSIONS: '', DYNAMODB_ENDPOINT: '', LOG_LEVEL: '' })).toEqual(readConfig({}));
  });

  test('reads what is set', () => {
    const env = { MAX_SESSIONS: '0', MAX_SESSIONS_PER_ORG: '5', TOUCH_INTERVAL_SECONDS: '0', LOG_LEVEL: 'debug' };
    expect(readConfig(env)).toMatchObject({
      limits: { global: 0, org: 5, user: 0 },
      touchIntervalSeconds: 0,
      logLevel: 'DEBUG',
    });
  });

  test('says which values of the role claim mean a role', () => {
    expect(readConfig({})).toMatchObject({ jwtAdminRole: 'admin', jwtOperatorRole: 'operator' });
    const env = { JWT_ADMIN_ROLE: 'https://example.com/admin', JWT_OPERATOR_ROLE: 'asm:operator' };
    expect(readConfig(env)).toMatchObject({
      jwtAdminRole: 'https://example.com/admin',
      jwtOperatorRole: 'asm:operator',
    });
  });

  test.each([
    [{ MAX_SESSIONS: '-1' }, 'MAX_SESSIONS must be a whole number.'],
    [{ MAX_SESSIONS: '1.5' }, 'MAX_SESSIONS must be a whole number.'],
    [{ MAX_SESSIONS: '1e3' }, 'MAX_SESSIONS must be a whole number.'],
    [{ INACTIVITY_SECONDS: '0' }, 'INACTIVITY_SECONDS must be at least 1.'],
    [{ MAX_MCP_CLIENTS_PER_SESSION: '91' }, 'MAX_MCP_CLIENTS_PER_SESSION must be at most 90.'],
    [{ AUTH_MODE: 'none' }, 'AUTH_MODE'],
    [{ JWT_ADMIN_ROLE: 'Billing admin' }, 'JWT_ADMIN_ROLE must have no blanks and no brackets.'],
    [{ JWT_ADMIN_ROLE: ' ' }, 'JWT_ADMIN_ROLE must have no blanks and no brackets.'],
    [{ JWT_ADMIN_ROLE: 'a\u00a0b' }, 'JWT_ADMIN_ROLE must have no blanks and no brackets.'],
    [{ JWT_OPERATOR_ROLE: '[operator]' }, 'JWT_OPERATOR_ROLE must have no blanks and no brackets.'],
    [{ JWT_ADMIN_ROLE: 'operator' }, 'JWT_ADMIN_ROLE and JWT_OPERATOR_ROLE must differ'],
    [{ JWT_OPERATOR_ROLE: 'admin' }, 'JWT_ADMIN_ROLE and JWT_OPERATOR_ROLE must differ'],
    [{ JWT_ADMIN_ROLE: 'a', JWT_OPERATOR_ROLE: 'a' }, 'JWT_ADMIN_ROLE and JWT_OPERATOR_ROLE must differ'],
    [{ DYNAMODB_ENDPOINT: 'localhost' }, 'DYNAMODB_ENDPOINT must be an http or https URL.'],
    [{ JWT_ISSUER: 'example.com' }, 'JWT_ISSUER must be an http or https URL.'],
    [{ LOG_FORMAT: 'xml' }, 'LOG_FORMAT must be one of json, pretty.'],
    [{ LOG_LEVEL: 'LOUD' }, 'LOG_LEVEL must be one of'],
  ])('refuses %j in a sentence', (env, sentence) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(sentence);
  });

  test('allows commands on one machine, and none on AWS', () => {
    const env = { MCP_STDIO_COMMANDS: ' node, /usr/bin/python3 ,' };
    expect(readConfig(env).mcpStdioCommands).toEqual(['node', '/usr/bin/python3']);
    const onAws = () => readConfig({ ...env, AWS_LAMBDA_FUNCTION_NAME: 'mcp' });
    expect(onAws).toThrow(ConfigError);
    expect(onAws).toThrow('MCP_STDIO_COMMANDS must be empty on AWS');
    expect(readConfig({ AWS_LAMBDA_FUNCTION_NAME: 'mcp' }).mcpStdioCommands).toEqual([]);
  });
});
