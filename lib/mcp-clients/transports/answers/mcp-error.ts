/** An error that an MCP server answered. */
export class McpError extends Error {
  override readonly name = 'McpError';
  readonly code: number;
  /** The words of the server alone. */
  readonly said: string;
  readonly data: unknown;
  /** Of the HTTP answer that it came in; 200 for what came over a stream. */
  readonly status: number;

  constructor({ code, message, data }: { code: number; message: string; data?: unknown }, status = 200) {
    super(`MCP error ${code}: ${message}`);
    this.code = code;
    this.said = message;
    this.data = data;
    this.status = status;
  }
}
