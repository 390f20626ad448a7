/**
 * What the template of the stack says. Loading the CDK and its first synthesis take seconds, and jest loads everything
 * anew for each test file: these are one.
 */
import './runbook/runbook.ts';
import './template/any-app.ts';
import './template/grant-invoke.ts';
import './template/group-names.ts';
import './template/http-api.ts';
import './template/idle-cost.ts';
import './template/network.ts';
import './template/operations.ts';
import './template/permissions.ts';
import './template/schedules.ts';
import './template/secrets-key.ts';
import './template/security-checks.ts';
import './template/server-errors.ts';
import './template/session-event-bus.ts';
import './template/session-event-stream.ts';
import './template/session-functions.ts';
import './template/session-table.ts';
import './template/two-stages.ts';
import './upgrade/upgrade.ts';
