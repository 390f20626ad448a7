import { auditRows, SESSION_FIELDS } from '../telemetry/audit/audit-row.ts';

export const fileAudit = auditRows({
  readFile: { attempt: 'file.read', done: 'file.read', has: SESSION_FIELDS },
  statFile: { attempt: 'file.inspect', done: 'file.inspected', has: SESSION_FIELDS },
  writeFile: { attempt: 'file.write', done: 'file.written', has: SESSION_FIELDS },
  deleteFile: { attempt: 'file.delete', done: 'file.deleted', has: SESSION_FIELDS },
  moveFile: { attempt: 'file.move', done: 'file.moved', has: SESSION_FIELDS },
  copyFile: { attempt: 'file.copy', done: 'file.copied', has: SESSION_FIELDS },
  listDirectory: { attempt: 'directory.list', done: 'directory.listed', has: SESSION_FIELDS },
  makeDirectory: { attempt: 'directory.make', done: 'directory.made', has: SESSION_FIELDS },
  removeDirectory: { attempt: 'directory.remove', done: 'directory.removed', has: SESSION_FIELDS },
  getWorkspaceUsage: { attempt: 'workspace.measure', done: 'workspace.measured', has: SESSION_FIELDS },
});
