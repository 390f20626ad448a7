/** The end of a client that has a session on its server, a record that cannot be read, and a last attempt to end one. */
export function terminations(): object[] {
  const keys = { pk: { S: 'SESSION#1' }, sk: { S: 'MCP#tools' } };
  const address = { M: { type: { S: 'http' }, endpoint: { S: 'http://127.0.0.1:9/mcp' } } };
  const connection = {
    M: { connectionId: { S: 'c' }, mcpSessionId: { S: 'gone' }, protocolVersion: { S: '2025-06-18' } },
  };
  const client = { ...keys, clientId: { S: 'tools' }, address, timeoutMs: { N: '1000' } };
  const record = (SequenceNumber: string, eventName: string, Keys: object, images: object) => ({
    eventName,
    dynamodb: { SequenceNumber, Keys, ...images },
  });
  const termination = { pk: { S: 'FAREWELLS' }, sk: { S: 'FAREWELL#1#c' } };
  const lastAttempt = {
    ...termination,
    sessionId: { S: '1' },
    attempts: { N: '5' },
    client: { M: { ...client, connection } },
  };
  return [
    record('1', 'REMOVE', keys, { OldImage: { ...client, connection } }),
    record('2', 'REMOVE', keys, { OldImage: client }),
    record('3', 'MODIFY', termination, { NewImage: lastAttempt }),
  ];
}

/** The end of a session whose workspace had an access point. */
export function endOfSession(accessPointId: string): object {
  const keys = { pk: { S: 'SESSION#1' }, sk: { S: 'SESSION' } };
  const access = { clientToken: { S: 'token' }, accessPointId: { S: accessPointId } };
  const ended = {
    ...keys,
    id: { S: '1' },
    userId: { S: 'ada' },
    orgId: { S: 'acme' },
    version: { N: '4' },
    createdAt: { S: '2026-11-22T12:00:00.000Z' },
    endReason: { S: 'requested' },
    workspaceAccess: { M: access },
  };
  const ApproximateCreationDateTime = Date.parse('2026-11-22T13:00:00.000Z') / 1000;
  const dynamodb = { ApproximateCreationDateTime, SequenceNumber: '3', Keys: keys, OldImage: ended };
  return { eventName: 'REMOVE', dynamodb };
}
