import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { readConfig } from '../lib/configuration.ts';
import type { StackConfig } from './stack-config.ts';

const GROUPS_CLAIM = /(groups?|roles|memberof)$/i;

/**
 * Warns where groups make admins or operators that others may have named without a thought of this stack: a `Billing admin`
 * arrives as two words, and many a directory has an `admin` already.
 */
export function warnOfGroupNames(scope: Construct, config: StackConfig): void {
  const { jwtIssuer, jwtRoleClaim, jwtAdminRole, jwtOperatorRole } = config;
  const preset = readConfig({});
  const isPreset = jwtAdminRole === preset.jwtAdminRole || jwtOperatorRole === preset.jwtOperatorRole;
  if (jwtIssuer === undefined || !GROUPS_CLAIM.test(jwtRoleClaim) || !isPreset) return;
  Annotations.of(scope).addWarningV2(
    'agent-session-manager:default-roles-of-groups',
    `The role claim ${jwtRoleClaim} seems to list groups, and API Gateway joins their names with blanks: whoever is in a ` +
      `group "Billing ${preset.jwtAdminRole}" has the role "${preset.jwtAdminRole}" too. Set jwtAdminRole and ` +
      `jwtOperatorRole (now "${jwtAdminRole}" and "${jwtOperatorRole}") to words that are in no other group's name.`,
  );
}
