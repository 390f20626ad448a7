/** What a server learns of this client. */
export const CLIENT_INFO = { name: 'agent-session-manager', version: '0.1.0' };
